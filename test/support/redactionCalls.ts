import type { HttpClientRequest } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Credentials, type InvokeEndpoint, RetryPolicy, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { type Responder, scriptedHttpClient } from "./scriptedHttpClient.ts"

/** Credentials that must not appear in an error. */
export const keys = {
  accessKeyId: "AKIACANARYKEYID",
  secretAccessKey: "canary-secret-access-key",
  sessionToken: "canary/session+token=="
}

/** The body of `input`. */
export const Body = "{\"patient\":\"canary <body> & more\",\"readings\":[1,2]}"
/** The attributes of `input`. */
export const CustomAttributes = "canary-attributes  with \"two\" spaces"
/** A request whose body and attributes must not appear in an error. */
export const input: InvokeEndpoint.InvokeEndpointInput = {
  EndpointName: "anomaly-v2",
  ContentType: "application/json",
  Body,
  CustomAttributes
}

/** A request whose parts must not appear in an error. */
export const story = {
  Body: "{\"patient\":\"Ödön Kovács\",\n\t\"said\":\"it \\\"burns\\\" <here> & there\",\"readings\":[36.6,38.1,40.2]}",
  CustomAttributes: "ward=7;  note=\"omit\\resuscitation\"; trace=4711-0815"
}

/** A request as it is sent. */
export type Request = HttpClientRequest.HttpClientRequest

export const signed = Layer.provide(Signer.layer, Credentials.layer(keys))

/** Makes a call without retries. */
export const callAgainst = <A, E>(
  effect: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>,
  exchange: Responder,
  signer: Layer.Layer<Signer.Signer> = signed
) =>
  Effect.flatMap(scriptedHttpClient(exchange), ({ http }) =>
    effect.pipe(
      RetryPolicy.use(RetryPolicy.none),
      Effect.provide(Layer.provide(SageMakerRuntime.layer({ region: "eu-west-1" }), [signer, http]))
    ))

/** An error response of the service, which can depend on the request. */
export const errorResponse = (
  status: number,
  code: string | undefined,
  bodyOf: (request: Request) => string | Record<string, unknown>
): Responder =>
(request) =>
  Effect.sync(() => {
    const body = bodyOf(request)
    return new Response(typeof body === "string" ? body : JSON.stringify(body), {
      status,
      headers: code === undefined ? {} : { "x-amzn-errortype": code }
    })
  })
