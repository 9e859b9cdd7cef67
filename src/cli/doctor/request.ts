/** The service URL and the region, from a request that is signed and not sent. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ClientOptions } from "../input/client.ts"

/** Where requests are sent, and the region that they are signed for. */
interface Destination {
  readonly origin: string
  readonly region: string
}

/** Resolves the settings of a client without a request to the service. */
export const destinationOf = ({ endpointUrl, profile, region }: ClientOptions) =>
  Effect.gen(function*() {
    let destination: Destination = { origin: "", region: "" }
    const recorded = HttpClient.make((request, url) =>
      Effect.sync(() => {
        const scope = /Credential=[^/]+\/[^/]+\/([^/]+)\//.exec(request.headers["authorization"] ?? "")
        destination = { origin: url.origin, region: scope?.[1] ?? "" }
        return HttpClientResponse.fromWeb(request, new Response("", { status: 200 }))
      })
    )
    yield* invokeEndpoint({ EndpointName: "doctor", Body: "" }).pipe(
      Effect.provide(NodeSageMaker.layer({
        region: Option.getOrUndefined(region),
        profile: Option.getOrUndefined(profile),
        endpoint: Option.getOrUndefined(endpointUrl),
        credentials: { accessKeyId: "doctor", secretAccessKey: "doctor" },
        http: Layer.succeed(HttpClient.HttpClient, recorded)
      }))
    )
    return destination
  })
