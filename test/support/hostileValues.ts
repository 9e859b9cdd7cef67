import { FastCheck } from "effect"

/** The text that hostile values throw. No error may repeat it. */
export const thrownText = "hunter2-thrown-text"

const fail = (): never => {
  throw new Error(thrownText)
}

const throwingGetter = () =>
  Object.defineProperty({}, "EndpointName", { enumerable: true, get: fail, configurable: true })

const thenable = ["th", "en"].join("")

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable<object>({}, {})
  revoke()
  return proxy
}

const throwingProxy = () =>
  new Proxy({ a: 1 }, {
    get: fail,
    has: fail,
    ownKeys: fail,
    getOwnPropertyDescriptor: fail,
    getPrototypeOf: fail
  })

const cyclic = () => {
  const value: Record<string, unknown> = {}
  value["self"] = value
  return value
}

const detached = () => {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

class Hidden {
  get EndpointName(): string {
    return fail()
  }
  get Body(): string {
    return fail()
  }
}

const makers: ReadonlyArray<readonly [name: string, make: () => unknown]> = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["a number", () => 7],
  ["NaN", () => Number.NaN],
  ["Infinity", () => Infinity],
  ["a boolean", () => true],
  ["a BigInt", () => 7n],
  ["a symbol", () => Symbol(thrownText)],
  ["a function", () => fail],
  ["an array", () => [1, [2]]],
  ["a sparse array", () => Object.assign([], { length: 3 })],
  ["a Date", () => new Date(Number.NaN)],
  ["a Map", () => new Map([["a", 1]])],
  ["a regular expression", () => /a/g],
  ["a cyclic object", cyclic],
  ["an object without prototype", () => Object.create(null) as unknown],
  ["an object with __proto__", () => JSON.parse(`{"__proto__":{"polluted":true},"constructor":1}`) as unknown],
  ["an object with a throwing getter", throwingGetter],
  ["an array with a throwing getter", () => Object.defineProperty([1], 0, { get: fail })],
  ["a revoked proxy", revoked],
  ["a throwing proxy", throwingProxy],
  ["a proxy of an array", () => new Proxy([1, 2], { get: fail })],
  ["a class instance with throwing getters", () => new Hidden()],
  ["a throwing toString", () => ({ toString: fail, valueOf: fail, [Symbol.toPrimitive]: fail })],
  ["a throwing toJSON", () => ({ toJSON: fail })],
  ["a throwing toStringTag", () => Object.defineProperty({}, Symbol.toStringTag, { get: fail })],
  ["a throwing iterator", () => ({ [Symbol.iterator]: fail })],
  ["a thenable that throws", () => Object.defineProperty({}, thenable, { get: fail })],
  [
    "a rejected thenable",
    () => ({ [thenable]: (_: unknown, reject: (error: unknown) => void) => reject(new Error(thrownText)) })
  ],
  ["a lone surrogate", () => "a\ud800b"],
  ["a long string", () => "a".repeat(5_000)],
  ["line breaks", () => "a\r\nb"],
  ["a detached buffer", detached],
  ["a shared buffer", () => new SharedArrayBuffer(4)],
  ["a fake ArrayBuffer", () => ({ [Symbol.toStringTag]: "ArrayBuffer", length: 2 ** 40, byteLength: 1 })],
  ["a typed array with a throwing length", () => Object.defineProperty(new Uint8Array(2), "byteLength", { get: fail })],
  ["a Blob that cannot be read", () => ({ size: 1, arrayBuffer: () => Promise.reject(new Error(thrownText)) })],
  ["a Blob that throws", () => ({ size: 1, arrayBuffer: fail })],
  ["a Blob without a promise", () => ({ size: 1, arrayBuffer: () => 5 })],
  ["a Blob with throwing members", () => Object.defineProperty({ arrayBuffer: fail }, "size", { get: fail })],
  ["a Blob of size NaN", () => ({ size: Number.NaN, arrayBuffer: () => Promise.resolve(new ArrayBuffer(1)) })]
]

/** Hostile values, by name. Each is made anew, because some can be used once. */
export const hostileValues = makers

/** One hostile value and its name. */
export const hostile = FastCheck.constantFrom(...makers)
