import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { Credentials, InvokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { scriptedHttpClient } from "./support/scriptedHttpClient.ts"

type Runtime = Context.Tag.Service<SageMakerRuntime.SageMakerRuntime>

class Red extends Context.Tag("Red")<Red, Runtime>() {}
class Blue extends Context.Tag("Blue")<Blue, Runtime>() {}

const keysOf = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: "secret" })

type Server = Effect.Effect.Success<ReturnType<typeof scriptedHttpClient>>

const clients = {
  "SageMakerRuntime.layer": ({ http }: Server, id: string) =>
    SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide(Signer.layer),
      Layer.provide([http, Credentials.layer(keysOf(id))])
    ),
  "NodeSageMaker.layer": ({ http }: Server, id: string) =>
    NodeSageMaker.layer({ region: "eu-west-1", http, credentials: keysOf(id) })
}

it.effect.each(Object.entries(clients))(
  "%s: clients that are built together use their own credentials",
  ([, client]) =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200, body: "{}" })
      const both = Layer.merge(
        Layer.effect(Red, SageMakerRuntime.SageMakerRuntime).pipe(Layer.provide(client(server, "AKIDRED"))),
        Layer.effect(Blue, SageMakerRuntime.SageMakerRuntime).pipe(Layer.provide(client(server, "AKIDBLUE")))
      )
      const call = ({ execute }: Runtime) =>
        execute(InvokeEndpoint.operation, { EndpointName: "anomaly-v2", Body: "{}" })
      yield* Effect.all([Effect.flatMap(Red, call), Effect.flatMap(Blue, call)]).pipe(Effect.provide(both))
      const signed = (yield* server.requests).map(({ headers }) =>
        /Credential=(\w+)/.exec(headers["authorization"] ?? "")?.[1]
      )
      assert.deepStrictEqual(signed, ["AKIDRED", "AKIDBLUE"])
    })
)
