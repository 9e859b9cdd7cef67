import { assert, it } from "@effect/vitest"
import { run } from "./run-demo.ts"

const expected = [
  "handle order",
  "├─ SageMakerRuntime.InvokeEndpoint ",
  "├─ SageMakerRuntime.InvokeEndpointWithResponseStream ",
  "└─ SageMakerRuntime.attempt ",
  "error.type=ThrottlingError",
  "http.request.resend_count=1",
  "aws.sagemaker.stream.first_part",
  "gen_ai.usage.output_tokens=6",
  "error.type=ModelError",
  "error.type=CircuitOpenError"
]

const measured = [
  /^sagemaker_runtime\.throttles +1 \{attempt\} +fraud +InvokeEndpoint +error\.type=ThrottlingError$/m,
  /^sagemaker_runtime\.attempts +3 \{attempt\} +down +InvokeEndpoint +error\.type=ServiceUnavailable$/m,
  /^sagemaker_runtime\.circuit\.state +2 \{state\} +down$/m,
  /^sagemaker_runtime\.retry_quota +472 \{token\}$/m,
  /^gen_ai\.client\.token\.usage +1 × 6 \{token\} +llama .*gen_ai\.token\.type=output$/m,
  /^WARN {2}SageMaker Runtime call ended$/m
]

it("prints the spans, metrics and logs that the collector received", { timeout: 60_000 }, async () => {
  const { exitCode, stderr, stdout } = await run(["observability"])
  assert.deepStrictEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" })
  for (const text of expected) {
    assert.include(stdout, text)
  }
  for (const pattern of measured) {
    assert.match(stdout, pattern)
  }
})
