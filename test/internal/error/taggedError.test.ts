import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Schema } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { taggedError } from "../../../src/internal/error/taggedError.ts"

const fields = () => ({ message: Schema.String, status: Schema.optional(Schema.Number) })

class Lazy extends taggedError<Lazy>()("Example", fields) {}

class Eager extends Schema.TaggedError<Eager>("Example")("Example", fields()) {}

/** The keys of the prototypes of a class, and whether each is enumerable. */
const prototypeKeys = (errorClass: { readonly prototype: object }): ReadonlyArray<object> => {
  const all: Array<object> = []
  for (let at: object | null = errorClass.prototype; at !== null; at = Reflect.getPrototypeOf(at)) {
    const descriptors = Object.getOwnPropertyDescriptors(at)
    all.push(Reflect.ownKeys(descriptors).map((key) => [key, Reflect.get(descriptors, key)?.enumerable]))
  }
  return all
}

const withoutStack = (error: Error) => inspect(Object.assign(error, { stack: "" }), { showHidden: true })

describe("An error class with a lazy schema", () => {
  it("builds its schema with the first error", () => {
    let builds = 0
    class Counted extends taggedError<Counted>()("Counted", () => {
      builds += 1
      return fields()
    }) {}
    assert.strictEqual(Counted._tag, "Counted")
    assert.isFalse({} instanceof Counted)
    assert.strictEqual(builds, 0)
    assert.instanceOf(new Counted({ message: "a" }), Counted)
    assert.instanceOf(new Counted({ message: "b" }), Error)
    assert.strictEqual(builds, 1)
  })

  it("has the prototypes of Schema.TaggedError", () => {
    assert.deepStrictEqual(prototypeKeys(Lazy), prototypeKeys(Eager))
  })

  it("has the fields, the AST and the methods of a schema class", () => {
    assert.deepStrictEqual(Object.keys(Lazy.fields), Object.keys(Eager.fields))
    assert.strictEqual(Lazy.identifier, "Example")
    assert.strictEqual(Lazy.ast._tag, "Transformation")
    assert.isTrue(Schema.isSchema(Lazy))
    assert.strictEqual(String(Lazy), String(Eager))
    assert.instanceOf(Lazy.make({ message: "a" }), Lazy)
    class Extended extends Lazy.extend<Extended>("Extended")({ extra: Schema.Number }) {}
    assert.deepInclude(new Extended({ message: "a", extra: 1 }), { message: "a", extra: 1, _tag: "Example" })
  })

  it("decodes to its own instances and encodes them", () => {
    const encoded = { _tag: "Example", message: "a", status: 400 } as const
    const decoded = Schema.decodeUnknownSync(Lazy)(encoded)
    assert.instanceOf(decoded, Lazy)
    assert.deepStrictEqual(Schema.encodeSync(Lazy)(decoded), encoded)
    assert.isTrue(Schema.is(Lazy)(decoded))
    assert.isFalse(Schema.is(Lazy)({ ...encoded }))
    assert.isTrue(Schema.is(Lazy)(new Eager({ message: "a copy of the class in another copy of the package" })))
    assert.throws(() => Schema.decodeUnknownSync(Lazy)({ _tag: "Example", message: 1 }))
  })

  it("makes errors that look like those of Schema.TaggedError", () => {
    const [lazy, eager] = [new Lazy({ message: "a", status: 1 }), new Eager({ message: "a", status: 1 })]
    assert.strictEqual(JSON.stringify(lazy), JSON.stringify(eager))
    assert.deepStrictEqual(Object.keys(lazy), Object.keys(eager))
    assert.strictEqual(String(lazy), String(eager))
    assert.include(lazy.stack, "taggedError.test.ts")
    assert.strictEqual(withoutStack(lazy).replaceAll("Lazy", "Eager"), withoutStack(eager))
    assert.throws(() => new Lazy({ message: 1 as unknown as string }))
  })

  it.effect("fails an effect that yields its error", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Effect.gen(function*() {
        return yield* new Lazy({ message: "a" })
      }))
      assert.isTrue(Exit.isFailure(exit) && Cause.isFailType(exit.cause) && exit.cause.error instanceof Lazy)
      const caught = yield* Effect.fail(new Lazy({ message: "b" })).pipe(
        Effect.catchTag("Example", ({ message }) => Effect.succeed(message))
      )
      assert.strictEqual(caught, "b")
    }))
})

describe("Every error class", () => {
  const classes = Object.entries(SageMakerError).filter(([, value]) =>
    typeof value === "function" && value.prototype instanceof Error
  ) as unknown as ReadonlyArray<
    readonly [string, Schema.Schema.All & { readonly _tag: string; readonly fields: object }]
  >

  it("is checked", () => {
    assert.isAtLeast(classes.length, 24)
  })

  it.each(classes)("%s is a schema with the field message, or overrides it", (name, errorClass) => {
    assert.strictEqual(errorClass._tag, name)
    assert.isTrue(Schema.isSchema(errorClass))
    const { prototype } = errorClass as unknown as { readonly prototype: object }
    assert.isTrue("message" in errorClass.fields || Object.hasOwn(prototype, "message"))
  })
})
