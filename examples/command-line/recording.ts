import { Command, FileSystem } from "@effect/platform"
import { Effect, Random, Schedule } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { resolve } from "node:path"

const binary = resolve("dist/cli/main.js")

// A server that was killed can still end while the next one starts.
let servers = 0

const tmuxOn = (server: string) => (...args: ReadonlyArray<string>) =>
  Command.string(Command.make("tmux", "-L", server, ...args))

/** A model that takes 20 to 30 milliseconds per request, throttles some, and rejects negative values. */
const anomaly = Emulator.endpoint("anomaly", ({ Body }) =>
  Effect.gen(function*() {
    const rows = new TextDecoder().decode(Body).split("\n")
    if (yield* Effect.map(Random.next, (value) => value < 0.01)) {
      return yield* Effect.fail(new SageMakerError.ThrottlingError({ message: "Rate exceeded" }))
    }
    yield* Effect.sleep(`${20 + 10 * (yield* Random.next)} millis`)
    return rows.some((row) => row.startsWith("-"))
      ? yield* Effect.fail(Emulator.containerError({ status: 400, body: "negative value" }))
      : {
        Body: rows.map((row) => `{"score":${Number(row.split(",")[0]) / 100}}`).join("\n"),
        ContentType: "application/jsonlines"
      }
  }))

/** A shell in a folder, whose prompt is a dollar sign. */
const shell = Effect.gen(function*() {
  servers += 1
  const tmux = tmuxOn(`draw-${process.pid}-${servers}`)
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped()
  const { url } = yield* NodeEmulator.NodeEmulator
  yield* files.writeFileString(
    `${folder}/setup`,
    `PS1='$ '
effect-sagemaker-runtime() { '${process.execPath}' '${binary}' "$@"; }
export AWS_REGION=us-east-1 AWS_ENDPOINT_URL='${url}' AWS_ACCESS_KEY_ID=emulator AWS_SECRET_ACCESS_KEY=emulator
cd '${folder}'
clear
`
  )
  yield* Effect.acquireRelease(
    tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-s",
      "draw",
      "-x",
      "132",
      "-y",
      "24",
      `bash --rcfile '${folder}/setup'`
    ),
    () => Effect.ignore(tmux("kill-server"))
  )
  const screen = tmux("capture-pane", "-p", "-t", "draw")
  const shows = (text: RegExp) =>
    Effect.repeat(screen, { until: (shown) => text.test(shown), schedule: Schedule.spaced("50 millis") }).pipe(
      Effect.zipRight(screen),
      Effect.timeout("2 minutes")
    )
  yield* shows(/^\$/)
  return {
    folder,
    shows,
    type: (text: string) => tmux("send-keys", "-t", "draw", text, "Enter")
  }
})

const live = NodeEmulator.layer({ endpoints: [anomaly], credentials: "anonymous" })

const reading = (row: number) => (row % 40_000 === 13 ? `-1,${row}\n` : `${row % 100},${row}\n`)

/** The screens of a batch: while it runs, and at its end. */
export const recordBatch = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const { folder, shows, type } = yield* shell
  yield* files.writeFileString(
    `${folder}/readings.csv`,
    Array.from({ length: 200_000 }, (_, row) => reading(row)).join("")
  )
  yield* type("effect-sagemaker-runtime batch readings.csv scores.jsonl --endpoint anomaly --max-rows 200")
  const running = yield* shows(/\] +[5-9]\d %.*left/)
  const end = yield* shows(/rows in [^$]*\n\$\s*$/)
  return [{ title: "While the batch runs", text: running }, { title: "At its end", text: end }]
}).pipe(Effect.scoped, Effect.provide(live))

/** The screen of a load test, and its plot. */
export const recordLoad = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const { folder, shows, type } = yield* shell
  yield* files.writeFileString(`${folder}/request.csv`, "1,2")
  yield* type(
    "effect-sagemaker-runtime load anomaly --file request.csv --concurrency 1,4,16,64 --duration 5 --svg latency.svg"
  )
  const text = yield* shows(/p50[^$]*\n\$\s*$/)
  return { plot: `${folder}/latency.svg`, screens: [{ title: "A load test with four steps", text }] }
}).pipe(Effect.provide(live))
