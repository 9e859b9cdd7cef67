/** `doctor`: finds the settings of the client and what is wrong with them. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { invokeEndpoint, type SageMakerError } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import process from "node:process"
import { credentials } from "../doctor/credentials.ts"
import { failed, type Finding, ok, render, warning } from "../doctor/findings.ts"
import { connection, proxy } from "../doctor/network.ts"
import { destinationOf } from "../doctor/request.ts"
import * as client from "../input/client.ts"
import { argument } from "../input/hyphen.ts"
import { Exited, reportFailure } from "../output/failure.ts"
import { writeText } from "../output/terminal.ts"
import { writeJson } from "../output/write.ts"

const config = {
  endpoint: argument("endpoint", "An endpoint to check: one request with an empty body is sent to its model").pipe(
    Args.optional
  ),
  ...client.options
}

/** A model that rejects the empty body has been called: the permission exists. */
const reachedModel = new Set<string>(["ModelError", "ModelNotReadyException", "ThrottlingError"])

const permission = (name: string): Effect.Effect<Finding, never, Client> =>
  invokeEndpoint({ EndpointName: name, Body: "", ContentType: "application/json" }).pipe(
    Effect.as(ok("endpoint", `${name} responded`)),
    Effect.catchAll((error) =>
      Effect.succeed(
        reachedModel.has(error._tag)
          ? warning("endpoint", `${name} can be called; its response to an empty body is ${error._tag}`)
          : failed("endpoint", error)
      )
    )
  )

type Client = Effect.Effect.Context<ReturnType<typeof invokeEndpoint>>

const live = (options: client.ClientOptions, origin: string, endpoint: Option.Option<string>) =>
  Effect.gen(function*() {
    const found = yield* credentials(Option.getOrUndefined(options.profile))
    const reached = yield* connection(origin)
    const called = Option.isSome(endpoint) && found.status !== "failed" ? [yield* permission(endpoint.value)] : []
    return [found, ...reached, ...called]
  }).pipe(
    Effect.provide(client.layer(options)),
    Effect.catchAll((error: SageMakerError.ConfigurationError) => Effect.succeed([failed("settings", error)]))
  )

const examine = (options: client.ClientOptions, endpoint: Option.Option<string>) =>
  Effect.gen(function*() {
    const destination = yield* Effect.either(destinationOf(options))
    const node = ok("node", process.version)
    if (destination._tag === "Left") {
      return [node, failed("settings", destination.left)]
    }
    const { origin, region } = destination.right
    return [
      node,
      ok("region", region),
      ok("service URL", origin),
      proxy(origin),
      ...yield* live(options, origin, endpoint)
    ]
  })

/** The command. */
export const doctor = Command.make("doctor", config, (options) =>
  Effect.gen(function*() {
    const findings = yield* examine(options, options.endpoint)
    yield* options.json
      ? writeJson(findings.map(({ check, detail, status }) => ({ check, status, detail })))
      : writeText(render(findings))
    const first = findings.find(({ status }) => status === "failed")
    return first === undefined ? undefined : yield* new Exited({ code: first.code ?? 1 })
  }).pipe(reportFailure(options))).pipe(
    Command.withDescription("Check region, credentials, service URL, proxy, clock and permission")
  )
