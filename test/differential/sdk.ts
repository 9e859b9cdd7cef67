import { SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime"
import { Effect } from "effect"
import { Readable } from "node:stream"

/** The credentials of both clients. */
export const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token" }

/** A request as AWS SDK v3 passes it to its HTTP client. */
export interface SdkRequest {
  readonly method: string
  readonly hostname: string
  readonly path: string
  readonly query: Record<string, unknown>
  readonly headers: Record<string, string>
  readonly body: Uint8Array | string | undefined
}

/** A response as AWS SDK v3 receives it from its HTTP client. */
export interface SdkResponse {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

/** Runs a call of AWS SDK v3 against a response and returns its request and result. */
export const withSdk = <A>(call: (client: SageMakerRuntimeClient) => Promise<A>, response: SdkResponse) =>
  Effect.promise(async () => {
    let request: SdkRequest | undefined
    const client = new SageMakerRuntimeClient({
      region: "eu-west-1",
      credentials: keys,
      maxAttempts: 1,
      requestHandler: {
        handle: (sent: SdkRequest) => {
          request = sent
          const { body, headers, status } = response
          return Promise.resolve({
            response: { statusCode: status, headers, body: Readable.from([Buffer.from(body)]) }
          })
        }
      }
    })
    const outcome = await call(client).then(
      (output) => ({ output, error: undefined }),
      (error: unknown) => ({ output: undefined, error })
    )
    return { request: request!, ...outcome }
  })

const encoder = new TextEncoder()

export const bytesOf = (body: unknown): Uint8Array =>
  typeof body === "string" ? encoder.encode(body) : body instanceof Uint8Array ? new Uint8Array(body) : new Uint8Array()
