import "reflect-metadata"
import { NestFactory } from "@nestjs/core"
import { ScoringModule } from "./scoring.ts"

export const start = async (port: number) => {
  const app = await NestFactory.create(ScoringModule, { logger: ["error", "warn"] })
  app.enableShutdownHooks()
  await app.listen(port, "127.0.0.1")
  return app
}
