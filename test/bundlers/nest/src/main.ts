/** A provider as NestJS has it: the compiler writes CommonJS, and metadata for decorators. */
import { Effect, ManagedRuntime, Stream } from "effect"
import { invokeEndpoint, SageMakerError, SageMakerRuntime, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const Injectable = (): ClassDecorator => () => {}

@Injectable()
class ScoreService {
  constructor(private readonly runtime: ManagedRuntime.ManagedRuntime<SageMakerRuntime.SageMakerRuntime, unknown>) {}

  async unary(text: string): Promise<string> {
    const { Body } = await this.runtime.runPromise(invokeEndpoint({ EndpointName: "echo", Body: text }))
    return new TextDecoder().decode(Body)
  }

  stream(): Promise<string> {
    return this.runtime.runPromise(
      streamEndpoint({ EndpointName: "story", Body: "" }).pipe(Stream.decodeText(), Stream.mkString)
    )
  }

  error(): Promise<string> {
    return this.runtime.runPromise(Effect.flip(invokeEndpoint({ EndpointName: "absent", Body: "" }))).then((error) =>
      error instanceof SageMakerError.ValidationError ? error._tag : "unknown"
    )
  }
}

const main = async (): Promise<void> => {
  const service = new ScoreService(ManagedRuntime.make(NodeSageMaker.layer()))
  const [unary, stream, error] = await Promise.all([service.unary("hello"), service.stream(), service.error()])
  console.log(JSON.stringify({ unary, stream, error }))
}

void main()
