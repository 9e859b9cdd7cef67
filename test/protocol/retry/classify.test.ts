import { assert, describe, it } from "@effect/vitest"
import { classify, isThrottlingCode } from "../../../src/protocol/retry/retry.ts"

const throttlingCodes = [
  "BandwidthLimitExceeded",
  "EC2ThrottledException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "TransactionInProgressException"
]

describe("An error response", () => {
  it.each([500, 502, 503, 504])("with status %i is transient", (status) => {
    assert.strictEqual(classify(status, undefined, undefined), "transient")
    assert.strictEqual(classify(status, "AnyCode", "any message"), "transient")
  })

  it("with status 429 is throttling with any code", () => {
    assert.strictEqual(classify(429, undefined, undefined), "throttling")
    assert.strictEqual(classify(429, "ModelNotReadyException", undefined), "throttling")
    assert.strictEqual(classify(429, "RequestTimeout", undefined), "throttling")
  })

  it.each(throttlingCodes)("with the code %s is throttling with any status", (code) => {
    assert.isTrue(isThrottlingCode(code))
    for (const status of [400, 403, 429, 500, 503]) {
      assert.strictEqual(classify(status, code, undefined), "throttling")
    }
  })

  it.each(["RequestTimeout", "RequestTimeoutException", "TimeoutError"])("with the code %s is transient", (code) => {
    assert.strictEqual(classify(400, code, undefined), "transient")
  })

  it.each([301, 307, 400, 401, 403, 404, 408, 413, 424, 501, 505, 529, 530])("with status %i is final", (status) => {
    assert.strictEqual(classify(status, undefined, undefined), "never")
  })

  it.each(["ModelError", "ValidationError", "throttling", "constructor", "__proto__", "toString", ""])(
    "with the code %j is not classified by it",
    (code) => {
      assert.strictEqual(classify(400, code, undefined), "never")
      assert.isFalse(isThrottlingCode(code))
    }
  )

  it("with an expired signature is transient, with a wrong signature final", () => {
    const code = "InvalidSignatureException"
    assert.strictEqual(classify(403, code, "Signature expired: 20261121T120000Z is now earlier than …"), "transient")
    assert.strictEqual(classify(403, code, "The request signature we calculated does not match"), "never")
    assert.strictEqual(classify(403, code, undefined), "never")
    assert.strictEqual(classify(403, "SignatureDoesNotMatch", "Signature expired"), "never")
  })
})
