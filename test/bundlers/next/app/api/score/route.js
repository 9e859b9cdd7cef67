import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { runtime } from "../../runtime.js"

export const POST = async (request) =>
  invokeEndpoint({ EndpointName: "echo", Body: await request.text() }).pipe(
    Effect.map(({ Body }) => new Response(Body)),
    Effect.catchAll(({ _tag }) => Effect.succeed(Response.json({ error: _tag }, { status: 502 }))),
    (response) => runtime.runPromise(response, { signal: request.signal })
  )
