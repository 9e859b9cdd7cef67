import { Headers } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { parseRouteError } from "../../../src/internal/openAiRoute/errorEnvelope.ts"

const parse = (status: number, error: unknown, headers: Record<string, string> = {}) =>
  parseRouteError({ status, headers: Headers.fromInput(headers), body: JSON.stringify({ error }) })

const quoted = (status: number, container: string, body: string) =>
  `Received client error (${status}) from ${container} with message "${body}". See https://eu-west-1.console.aws.amazon.com/` +
  "cloudwatch/home?region=eu-west-1#logEventViewer:group=/aws/sagemaker/Endpoints/llama in account 111122223333 for more information."

const containerStatus = fc.integer({ min: 0, max: 599 })
const containerName = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9 -]{0,40}$/)
const routeStatus = fc.constantFrom(400, 404, 422, 424, 429, 500, 503)

describe("An error of the OpenAI-compatible route", () => {
  it("contains exactly the response that the container sent, whatever it contains", () => {
    fc.assert(
      fc.property(routeStatus, containerStatus, containerName, fc.string(), (status, original, name, body) => {
        const { code, members, message } = parse(status, { message: quoted(original, name, body) })
        assert.deepStrictEqual({ code, members, message }, {
          code: "ModelError",
          message: undefined,
          members: { OriginalStatusCode: original, OriginalMessage: body }
        })
      })
    )
    const nested = quoted(400, "primary", quoted(422, "inner", "{\"a\":\"b\"}"))
    assert.strictEqual(parse(424, { message: quoted(500, "outer", nested) }).members["OriginalMessage"], nested)
  })

  it("can be anything: reading it never throws and never gives a message to print", () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.jsonValue(), fc.string(), (status, error, text) => {
        for (
          const parsed of [
            parse(status, error),
            parse(status, { message: error, type: text, code: error }),
            parse(status, error, { "x-amzn-errortype": text.replace(/[^\x20-\x7e]/g, "") }),
            parseRouteError({ status, headers: Headers.empty, body: text }),
            parseRouteError({ status, headers: Headers.empty, body: JSON.stringify(error) })
          ]
        ) {
          assert.isUndefined(parsed.message)
          if (status === 401 || status === 403) {
            assert.match(parsed.code ?? "", /^(AccessDenied|Unauthorized)Exception$/)
          }
        }
      })
    )
  })

  it("has the service's code in any form of its name", () => {
    const cases: ReadonlyArray<readonly [unknown, string | undefined]> = [
      ["validation_error", "ValidationError"],
      ["ValidationError", "ValidationError"],
      ["validation-error", "ValidationError"],
      ["throttling", "Throttling"],
      ["throttling_exception", "ThrottlingException"],
      ["model_not_ready", "ModelNotReadyException"],
      ["internal_dependency_exception", "InternalDependencyException"],
      ["expired_token", "ExpiredToken"],
      ["constructor", undefined],
      ["__proto__", undefined],
      ["", undefined],
      [null, undefined]
    ]
    for (const [code, expected] of cases) {
      assert.strictEqual(parse(400, { message: "x", code }).code, expected)
      assert.strictEqual(parse(400, { message: "x", type: code, code: null }).code, expected)
    }
  })
})
