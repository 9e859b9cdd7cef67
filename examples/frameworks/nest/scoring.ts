import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  HttpCode,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  Post,
  UseFilters
} from "@nestjs/common"
import { Schema } from "effect"
import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Client } from "effect-sagemaker-runtime/promise"
import type { Response } from "express"
import { statusOf } from "../../promise/errors.ts"

interface Reading {
  readonly cpu: number
  readonly load: number
}

const anomaly = ModelEndpoint.make("anomaly-v2", {
  request: Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number })),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

@Injectable()
export class ScoringService implements OnApplicationShutdown {
  readonly #client = Client.make(NodeSageMaker.layer())

  score(reading: Reading) {
    return this.#client.run(anomaly.invoke(reading))
  }

  onApplicationShutdown() {
    return this.#client.close()
  }
}

@Catch()
class ModelFilter implements ExceptionFilter<Error> {
  catch(error: Error, host: ArgumentsHost) {
    host.switchToHttp().getResponse<Response>().status(statusOf(error)).json({ error: error.name })
  }
}

@Controller("score")
@UseFilters(ModelFilter)
class ScoringController {
  readonly #scoring: ScoringService

  constructor(@Inject(ScoringService) scoring: ScoringService) {
    this.#scoring = scoring
  }

  @Post()
  @HttpCode(200)
  score(@Body() reading: Reading) {
    return this.#scoring.score(reading)
  }
}

@Module({ controllers: [ScoringController], providers: [ScoringService] })
export class ScoringModule {}
