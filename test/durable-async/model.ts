/** An emulated endpoint whose responses are released one at a time. */
import { Effect, Layer } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { request } from "node:http"
import { pipeline } from "node:stream"
import { serve } from "../support/server.ts"

interface ModelCall {
  readonly inferenceId: string
  readonly texts: ReadonlyArray<string>
}

const submitPath = "/async-invocations"

export const lengths = (texts: ReadonlyArray<string>): ReadonlyArray<number> => texts.map((text) => text.length)

/** Forwards requests to a service. If it is told so, the response to the first asynchronous request never arrives. */
const serveProxy = (url: string, options: { readonly dropFirstResponse: boolean }) => {
  const paths: Array<string> = []
  const submits = () => paths.filter((path) => path.endsWith(submitPath)).length
  return Effect.map(
    serve((incoming, outgoing) => {
      const { headers, method, url: path = "" } = incoming
      paths.push(path)
      const isDropped = options.dropFirstResponse && path.endsWith(submitPath) && submits() === 1
      const forwarded = request(new URL(path, url), { headers, method }, (response) => {
        if (isDropped) {
          response.resume()
          return
        }
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        pipeline(response, outgoing, () => forwarded.destroy())
      })
      outgoing.once("close", () => forwarded.destroy())
      pipeline(incoming, forwarded, () => undefined)
    }),
    (proxy) => ({ url: proxy.url, paths, submits })
  )
}

/** Serves an endpoint that returns the length of each text, and the objects of its requests. */
export const makeModel = Effect.fnUntraced(function*(options = { dropFirstResponse: false }) {
  const calls: Array<ModelCall> = []
  const permits = yield* Effect.makeSemaphore(0)
  const endpoint = Emulator.endpoint("sentiment", ({ Body, InferenceId = "" }) =>
    Effect.gen(function*() {
      const texts = JSON.parse(new TextDecoder().decode(Body)) as ReadonlyArray<string>
      calls.push({ inferenceId: InferenceId, texts })
      yield* permits.take(1)
      return texts.includes("fail")
        ? yield* Effect.fail("the model cannot score this text")
        : { Body: JSON.stringify(lengths(texts)), ContentType: "application/json" }
    }))
  const context = yield* Layer.build(NodeEmulator.layer({ region: "eu-west-1", endpoints: [endpoint] }))
  const { url } = yield* Effect.provide(NodeEmulator.NodeEmulator, context)
  const { paths, submits, url: proxy } = yield* serveProxy(url, options)
  /** The file names that were read or looked for in the store, which are the inference IDs. */
  const polled = () => new Set(paths.flatMap((path) => /\/([0-9a-f]{32})(?:\?|$)/.exec(path)?.[1] ?? []))
  return { calls, polled, submits, url: proxy, release: permits.release }
})

export const awsEnvironment = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: Emulator.credentials.accessKeyId as string,
  AWS_SECRET_ACCESS_KEY: Emulator.credentials.secretAccessKey as string,
  NO_PROXY: "127.0.0.1"
})
