import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { build, type BuildOptions } from "esbuild"
import { existsSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { fileURLToPath } from "node:url"
import { createContext, runInContext } from "node:vm"
import { entryPoints } from "../support/entryPoints.ts"
import type * as Program from "../support/worker.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Bundles through the `exports` and `imports` of package.json, without the paths of tsconfig.json. */
const bundle = (entryPoint: string, options: BuildOptions) =>
  Effect.promise(async () => {
    if (!existsSync(`${root}/dist/index.js`)) {
      throw new Error("dist/index.js is what is bundled, and it is missing: run `npm run build` first")
    }
    const { metafile, outputFiles } = await build({
      ...options,
      absWorkingDir: root,
      entryPoints: [entryPoint],
      bundle: true,
      write: false,
      metafile: true,
      tsconfigRaw: {},
      logLevel: "silent"
    })
    return {
      code: outputFiles[0]?.text ?? "",
      inputs: Object.keys(metafile.inputs),
      imports: Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))
    }
  })

/** Bundles with one chunk per dynamic import. */
const bundleInChunks = (entryPoint: string) =>
  Effect.promise(async () => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [entryPoint],
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      outdir: "build/chunks",
      write: false,
      metafile: true,
      tsconfigRaw: {},
      logLevel: "silent"
    })
    const chunks = Object.values(metafile.outputs).map(({ entryPoint: entry, inputs }) => ({
      inputs: Object.keys(inputs),
      isEntry: entry === entryPoint
    }))
    return { chunks }
  })

const worker: BuildOptions = {
  conditions: ["workerd", "worker", "browser"],
  mainFields: ["module", "main"],
  format: "esm"
}

const targets: ReadonlyArray<readonly [string, BuildOptions]> = [
  ["a browser", { platform: "browser", format: "esm" }],
  ["a Worker, platform neutral", { ...worker, platform: "neutral" }],
  ["a Worker, platform browser", { ...worker, platform: "browser" }]
]

/** esbuild lists a built-in that a `browser` field disables as a disabled input. */
const isBuiltin = (path: string) => builtinModules.includes(path.replace(/^\(disabled\):(node:)?/, ""))

const onlyForNode =
  /node_modules\/(undici|@aws|@aws-sdk|@smithy\/(credential-provider|node-http-handler)[^/]*)\/|dist\/node\//

describe("The main entry point can be bundled for", () => {
  for (const [target, options] of targets) {
    it.effect(`${target} without Node built-ins`, () =>
      Effect.gen(function*() {
        const { imports, inputs } = yield* bundle("dist/index.js", options)
        assert.deepStrictEqual(imports, [])
        assert.deepStrictEqual(inputs.filter(isBuiltin), [])
        assert.deepStrictEqual(inputs.filter((path) => onlyForNode.test(path)), [])
        assert.include(inputs, "dist/protocol/bytes/sha256.js")
      }))
  }
})

it.effect("A bundle of the entry point ./s3 has AWS's packages in chunks of their own", () =>
  Effect.gen(function*() {
    const { chunks } = yield* bundleInChunks("dist/s3/index.js")
    const owners = chunks.filter(({ inputs }) =>
      inputs.some((path) => path.includes("node_modules/@aws-sdk/client-s3/"))
    )
    assert.isNotEmpty(owners)
    assert.isTrue(owners.every(({ isEntry }) => !isEntry))
  }))

it.effect("A bundle of the entry point ./node has undici and AWS's packages in chunks of their own", () =>
  Effect.gen(function*() {
    const { chunks } = yield* bundleInChunks("dist/node/index.js")
    const loadedWhenNeeded = [
      "dist/node/internal/http/undici.js",
      "node_modules/@aws-sdk/credential-provider-ini/",
      "node_modules/@aws-sdk/credential-provider-sso/",
      "node_modules/@aws-sdk/nested-clients/"
    ]
    for (const path of loadedWhenNeeded) {
      const owners = chunks.filter(({ inputs }) => inputs.some((input) => input.includes(path)))
      assert.isNotEmpty(owners, path)
      assert.isTrue(owners.every(({ isEntry }) => !isEntry), path)
    }
  }))

it("The bundled part of undici requires no module", () => {
  const code = readFileSync(`${root}/dist/node/internal/http/undici.js`, "utf8")
  assert.match(code, /^\/\*!\n \* undici 7\.[\d.]+\n[\s\S]*Permission is hereby granted/)
  assert.notMatch(code, /\bimport\b.*\bfrom\b|[^_.\w]require\(/)
})

it.effect("A bundle without used exports is empty", () =>
  Effect.gen(function*() {
    const { code } = yield* bundle("test/support/unused.ts", { platform: "browser", format: "esm", minify: true })
    assert.strictEqual(code.trim(), "")
  }))

describe("The bundled entry point for Node has the exports of the module", () => {
  it.each(entryPoints)("%s", async (name) => {
    const [bundled, modules] = await Promise.all([
      import(`${root}/dist/bundled/${name}.js`),
      import(`${root}/dist/${name}.js`)
    ])
    assert.sameMembers(Object.keys(bundled), Object.keys(modules))
    assert.isNotEmpty(Object.keys(bundled))
  })
})

/** The globals of a Worker. Typed arrays are those of `fetch`, since a Worker has one realm. */
const globals = {
  AbortController,
  AbortSignal,
  ArrayBuffer,
  Blob,
  FormData,
  Headers,
  ReadableStream,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  Uint8Array,
  atob,
  btoa,
  clearInterval,
  clearTimeout,
  crypto,
  fetch,
  performance,
  queueMicrotask,
  setInterval,
  setTimeout
}

const built = Effect.runSync(Effect.cached(
  bundle("test/support/worker.ts", { platform: "browser", format: "iife", globalName: "program" })
))

const inWorker = <A>(use: (program: typeof Program, url: string) => Promise<A>) =>
  Effect.gen(function*() {
    const { code } = yield* built
    const { url } = yield* NodeEmulator.NodeEmulator
    const worker: { program?: typeof Program } = createContext({ ...globals })
    runInContext(code, worker)
    const { program } = worker
    assert.isDefined(program)
    return yield* Effect.promise(() => use(program, url))
  }).pipe(Effect.provide(emulator))

const emulator = NodeEmulator.layer({
  region: "eu-west-1",
  endpoints: [
    Emulator.endpoint(
      "echo",
      ({ Body, operation }) => Effect.succeed(operation === "InvokeEndpoint" ? Body : Stream.make("data: ", "1\n\n"))
    ),
    Emulator.endpoint("story", () => Effect.succeed(Stream.make("once", "upon", "a", "time")))
  ]
})

describe("With only the globals of a Worker, the bundle", () => {
  it.live("makes a signed call", () =>
    Effect.gen(function*() {
      const response = yield* inWorker(({ echo }, url) => echo(url, Emulator.credentials, "héllo"))
      assert.strictEqual(response, "héllo")
    }))

  it.live("fails with a wrong secret key", () =>
    Effect.gen(function*() {
      const wrong = { ...Emulator.credentials, secretAccessKey: "another" }
      assert.strictEqual(yield* inWorker(({ echo }, url) => echo(url, wrong, "héllo")), "AccessDeniedError")
    }))

  it.live("reads a response stream", () =>
    Effect.gen(function*() {
      const words = yield* inWorker(({ story }, url) => story(url, Emulator.credentials))
      assert.strictEqual(words, "once upon a time")
    }))

  it.live("encodes and decodes typed payloads", () =>
    Effect.gen(function*() {
      const read = yield* inWorker(({ typed }, url) => typed(url, Emulator.credentials))
      assert.deepStrictEqual(JSON.parse(read), [{ n: 0.5, word: "a,\"b\"" }, [{ data: "1" }]])
    }))
})
