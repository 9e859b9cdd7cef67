import { assert, describe, it } from "@effect/vitest"
import {
  ALWAYS_UNSIGNABLE_HEADERS,
  DATE_HEADER,
  PROXY_HEADER_PATTERN,
  SEC_HEADER_PATTERN,
  SHA256_HEADER,
  TOKEN_HEADER
} from "@smithy/signature-v4"
import { isSigned } from "../../../src/internal/signer/signatureV4.ts"

describe("The signed headers are those of AWS's signer:", () => {
  it.each([...Object.keys(ALWAYS_UNSIGNABLE_HEADERS), DATE_HEADER])("%s is not signed", (name) => {
    assert.isFalse(isSigned(name))
  })

  it.each(["proxy-authorization", "proxy-", "sec-fetch-mode", "sec-", "sec-\n"])("%j is not signed", (name) => {
    assert.isTrue(PROXY_HEADER_PATTERN.test(name) || SEC_HEADER_PATTERN.test(name))
    assert.isFalse(isSigned(name))
  })

  it.each([
    SHA256_HEADER,
    TOKEN_HEADER,
    "x-amz-date",
    "host",
    "accept",
    "content-type",
    "proxy",
    "x-proxy-a",
    "x-sec-a",
    "security",
    "from-a"
  ])("%s is signed", (name) => {
    assert.isFalse(Object.hasOwn(ALWAYS_UNSIGNABLE_HEADERS, name))
    assert.isTrue(isSigned(name))
  })
})
