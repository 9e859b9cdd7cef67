import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, TestClock } from "effect"
import { type Operation, SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { pickMembersOf } from "./support/pickMembersOf.ts"
import { type Reply, scriptedHttpClient } from "./support/scriptedHttpClient.ts"

class Gateway extends Context.Tag("test/Gateway")<Gateway, { readonly key: Redacted.Redacted }>() {}

const gateway = Layer.succeed(Gateway, { key: Redacted.make("gateway-key-0123456789") })

const scopes: Array<Signer.SigningScope> = []

/** An operation with its own authentication and its own format of errors. */
const status: Operation.Operation<string, string, SageMakerError.ValidationError, Gateway> = {
  name: "Status",
  encode: (path) => Effect.succeed(HttpClientRequest.get(path)),
  decode: ({ bytes }) => Effect.map(bytes, (body) => new TextDecoder().decode(body)),
  errors: [SageMakerError.ValidationError],
  sign: (request, scope) =>
    Effect.map(Gateway, ({ key }) => {
      scopes.push(scope)
      return HttpClientRequest.setHeader(request, "authorization", `Key ${Redacted.value(key)}`)
    }),
  parseError: ({ body, headers, status: httpStatus }) => ({
    code: headers["x-code"] ?? (httpStatus === 403 ? "AccessDenied" : undefined),
    message: body.split(": ")[1],
    members: {}
  })
}

const neverSigns = Layer.succeed(Signer.Signer, { sign: () => Effect.die("the client's signer must not run") })

const call = (replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(...replies)
    const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(Layer.provide([neverSigns, server.http]))
    const fiber = yield* Effect.fork(
      Effect.either(SageMakerRuntime.execute(status, "/status")).pipe(Effect.provide([client, gateway]))
    )
    yield* TestClock.adjust("1 minute")
    return { result: yield* fiber, requests: yield* server.requests }
  })

describe("An operation with its own authentication", () => {
  it.effect("authorizes every attempt in place of the client's signer", () =>
    Effect.gen(function*() {
      scopes.length = 0
      const { requests, result } = yield* call([{ status: 503 }, { status: 200, body: "up" }])
      assert.strictEqual(result._tag === "Right" ? result.right : undefined, "up")
      assert.deepStrictEqual(
        requests.map(({ headers }) => headers["authorization"]),
        ["Key gateway-key-0123456789", "Key gateway-key-0123456789"]
      )
      assert.deepInclude(scopes[0], { service: "sagemaker", region: "eu-west-1" })
      assert.instanceOf(scopes[0]?.date, Date)
    }))

  it.effect("keeps the identity of a client's signer that is a class", () =>
    Effect.gen(function*() {
      class Custom {
        readonly value = "own"
        sign(request: HttpClientRequest.HttpClientRequest) {
          return Effect.succeed(HttpClientRequest.setHeader(request, "authorization", this.value))
        }
      }
      const server = yield* scriptedHttpClient({ status: 200, body: "up" })
      const { parseError: _, sign: __, ...signed } = status
      const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
        Layer.provide([Layer.succeed(Signer.Signer, new Custom()), server.http])
      )
      yield* SageMakerRuntime.execute(signed, "/status").pipe(Effect.provide([client, gateway]))
      assert.strictEqual((yield* server.requests)[0]?.headers["authorization"], "own")
    }))

  it.effect("reads its own format of errors, and its secret is in no error", () =>
    Effect.gen(function*() {
      const expected = [
        [{ status: 400, headers: { "x-code": "ValidationError" }, body: "error: too long" }, {
          _tag: "ValidationError",
          message: "too long"
        }],
        [{ status: 400, headers: { "x-code": "ValidationError" }, body: "error: Endpoint x not found" }, {
          reason: "endpoint-not-found"
        }],
        [{ status: 403, body: "no" }, { _tag: "AccessDeniedError" }],
        [{ status: 418, headers: { "x-code": "Teapot" }, body: "x" }, {
          _tag: "UnknownServiceError",
          code: "Teapot",
          body: "x"
        }],
        [{ status: 400, headers: { "x-code": "ValidationError" }, body: "error: key gateway-key-0123456789" }, {
          message: "The service rejected the request as invalid"
        }]
      ] as const
      for (const [reply, members] of expected) {
        const { result } = yield* call([reply])
        const error = result._tag === "Left" ? result.left : assert.fail()
        assert.deepStrictEqual(pickMembersOf(error, members), members)
      }
    }))
})
