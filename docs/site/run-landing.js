/** Runs the program of the landing page against the emulator and returns what it prints. */
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { SageMakerError } from "../../dist/index.js"
import { NodeEmulator } from "../../dist/node/index.js"
import { Emulator } from "../../dist/testing/index.js"

const program = fileURLToPath(new URL("../../build/examples/landing/score.js", import.meta.url))

const ready = Effect.succeed({ ContentType: "application/json", Body: "{\"score\":0.93}" })
const loading = new SageMakerError.ModelNotReadyException({ message: "The model is loading" })

const run = (model) =>
  Effect.flatMap(NodeEmulator.NodeEmulator, ({ url }) =>
    Effect.promise(() =>
      promisify(execFile)(process.execPath, [program], {
        env: {
          PATH: process.env.PATH,
          AWS_REGION: "eu-west-1",
          AWS_ACCESS_KEY_ID: Emulator.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: Emulator.credentials.secretAccessKey,
          AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: url
        }
      })
    )).pipe(
      Effect.map(({ stdout }) => stdout.trimEnd()),
      Effect.provide(NodeEmulator.layer({ endpoints: [Emulator.endpoint("anomaly-v2", () => model)] }))
    )

/** The output once the model is ready, and while it is loading. */
export const runLanding = () =>
  Effect.runPromise(Effect.all([run(ready), run(loading)], { concurrency: "unbounded" }))
