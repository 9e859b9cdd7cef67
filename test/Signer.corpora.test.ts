import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Credentials, Signer } from "effect-sagemaker-runtime"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import { ours, requestOf, signatureOf, type SigningCase, signingCases } from "./support/sigv4Cases.ts"

const signed = (test: SigningCase) => {
  const { context: { credentials, region, service, timestamp } } = test
  const layer = Signer.layer.pipe(Layer.provide(Credentials.layer({
    accessKeyId: credentials.access_key_id,
    secretAccessKey: credentials.secret_access_key,
    sessionToken: credentials.token
  })))
  return Effect.flatMap(Signer.Signer, (_) => _.sign(requestOf(test), { service, region, date: timestamp })).pipe(
    Effect.provide(layer)
  )
}

/** Excludes cases without path normalization (S3) and cases that add the token after signing. */
const applicable = signingCases.filter(({ context }) => context.normalize && context.omit_session_token !== true)

describe.skipIf(!hasCorpora)(needsCorpora("The signer signs AWS's cases"), () => {
  it("This test computes the signatures of all 38 cases", () => {
    assert.lengthOf(signingCases, 38)
    for (const test of signingCases) {
      assert.strictEqual(signatureOf(test, test.canonical), test.signature, test.name)
    }
  })

  it("30 cases apply to this client", () => assert.lengthOf(applicable, 30))

  for (const test of applicable) {
    it.effect(`${test.name}, with the payload hash signed`, () =>
      Effect.gen(function*() {
        const { headers } = yield* signed(test)
        const signature = signatureOf(test, ours(test))
        assert.match(headers["authorization"]!, new RegExp(`, Signature=${signature}$`))
      }))
  }

  for (const test of applicable.filter(({ context }) => context.sign_body)) {
    it.effect(`${test.name}, exactly`, () =>
      Effect.gen(function*() {
        const { headers } = yield* signed(test)
        assert.strictEqual(headers["authorization"]!.split("Signature=")[1], test.signature)
      }))
  }
})
