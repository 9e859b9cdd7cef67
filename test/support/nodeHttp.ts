/** Calls over Node's HTTP client, and a server with certificates of its own. */
import { ConfigProvider, Effect, Layer } from "effect"
import { SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import type { RequestListener } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { call } from "./call.ts"
import { certificates } from "./certificates.ts"

export const callTo = (endpoint: string, options: NodeHttpClient.NodeHttpClientOptions = {}) =>
  call.pipe(
    Effect.provide(
      SageMakerRuntime.layer({ region: "eu-west-1", endpoint }).pipe(
        Layer.provide([Signer.layerAnonymous, NodeHttpClient.layer(options)])
      )
    )
  )

export const environment = (variables: { readonly [name: string]: string }) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

export const serveSecurely = (answer: RequestListener, clientCertificate = false) =>
  Effect.flatMap(certificates, ({ ca, server: identity }) =>
    Effect.acquireRelease(
      Effect.async<{ readonly host: string; readonly url: string; readonly close: () => void }>((resume) => {
        const options = { ...identity, ca, requestCert: clientCertificate, rejectUnauthorized: clientCertificate }
        const server = createServer(options, answer)
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          const close = () => {
            server.close()
            server.closeAllConnections()
          }
          resume(Effect.succeed({ host: `127.0.0.1:${port}`, url: `https://127.0.0.1:${port}`, close }))
        })
      }),
      ({ close }) => Effect.sync(close)
    ))
