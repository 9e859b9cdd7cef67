/** Credentials for AWS's S3 client. */
import type { S3ClientConfig } from "@aws-sdk/client-s3"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type { AwsCredentials, Credentials } from "../../Credentials.ts"
import { StoreFailure } from "./failure.ts"

const toIdentity = ({ accessKeyId, expiration, secretAccessKey, sessionToken }: AwsCredentials) => ({
  accessKeyId: Redacted.value(accessKeyId),
  secretAccessKey: Redacted.value(secretAccessKey),
  ...(sessionToken === undefined ? {} : { sessionToken: Redacted.value(sessionToken) }),
  ...(expiration === undefined ? {} : { expiration })
})

const failureOf = (cause: Cause.Cause<{ readonly message: string }>): StoreFailure =>
  new StoreFailure(
    "access-denied",
    Option.match(Cause.failureOption(cause), {
      onNone: () => "no AWS credentials could be loaded",
      onSome: ({ message }) => message
    })
  )

/** A credential provider of AWS's clients. It is called for each request, because `Credentials` has its own cache. */
export const credentialProvider = (
  { get }: Credentials["Type"],
  runtime: Runtime.Runtime<never>
): NonNullable<S3ClientConfig["credentials"]> =>
  Object.assign(
    async () => {
      const exit = await Runtime.runPromiseExit(runtime)(get)
      if (Exit.isFailure(exit)) {
        throw failureOf(exit.cause)
      }
      return toIdentity(exit.value)
    },
    { memoized: true }
  )

const noAuth = "smithy.api#noAuth"

/** The settings of a client that sends requests without a signature. */
export const anonymousConfig: S3ClientConfig = {
  httpAuthSchemeProvider: () => [{ schemeId: noAuth }],
  httpAuthSchemes: [{
    schemeId: noAuth,
    identityProvider: () => () => Promise.resolve({}),
    signer: { sign: (request) => Promise.resolve(request) }
  }]
}
