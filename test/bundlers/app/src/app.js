/** A unary call, a stream and a typed error. Prints the results. */
import { Effect, Stream } from "effect"
import { invokeEndpoint, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const program = Effect.all({
  unary: Effect.map(invokeEndpoint({ EndpointName: "echo", Body: "hello" }), ({ Body }) => new TextDecoder().decode(Body)),
  stream: streamEndpoint({ EndpointName: "story", Body: "" }).pipe(
    Stream.decodeText(),
    Stream.runFold("", (text, part) => text + part)
  ),
  error: Effect.map(Effect.flip(invokeEndpoint({ EndpointName: "absent", Body: "" })), ({ _tag }) => _tag)
})

// A client on fetch rejects this option: the bundle has the pooled client.
const client = NodeSageMaker.layer({ http: { keepAliveTimeout: "10 seconds" } })

Effect.runPromise(Effect.provide(program, client)).then((results) => console.log(JSON.stringify(results)))
