import { HttpClientRequest } from "@effect/platform"
import { Effect, Schema } from "effect"
import { Operation, SageMakerError, SageMakerRuntime } from "effect-sagemaker-runtime"

class ContainerStopped extends Schema.TaggedError<ContainerStopped>()("ContainerStopped", {
  ...SageMakerError.serviceFields({
    status: 410,
    code: "ContainerStopped",
    retry: "never",
    message: "The container has stopped"
  }),
  StoppedAt: Schema.optional(Schema.String)
}) {}

const path = Operation.label("EndpointName", Schema.String)
const headers = Operation.headers({ Zone: ["x-zone", Schema.String.pipe(Schema.maxLength(16))] })

interface PingInput {
  readonly EndpointName: string
  readonly Zone?: string
}

const operation: Operation.Operation<PingInput, string, ContainerStopped> = {
  name: "Ping",
  encode: ({ EndpointName, Zone }, { validation }) =>
    Effect.gen(function*() {
      const name = yield* path(EndpointName, validation)
      return HttpClientRequest.get(`/ping/${name}`, { headers: yield* headers.encode({ Zone }, validation) })
    }),
  decode: ({ bytes }) => Effect.map(bytes, (body) => new TextDecoder().decode(body)),
  errors: [ContainerStopped]
}

export const ping = (input: PingInput) =>
  Effect.flatMap(SageMakerRuntime.SageMakerRuntime, ({ execute }) => execute(operation, input))
