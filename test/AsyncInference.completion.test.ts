import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either, Equal, FastCheck, Option, ParseResult, Schema } from "effect"
import { AsyncInference } from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import {
  type Completion as CompletionType,
  completion as Completion
} from "../src/internal/asyncInference/completion.ts"
import { completionsOf } from "../src/internal/asyncInference/completionRecords.ts"

// The members of SageMaker's JSON are those of public programs that store it, among them AWS's osml-model-runner
// (s3_event parser) and stable-diffusion-aws-extension (its API reference). The envelopes are those of the developer
// guides: Amazon SNS "Parsing message formats", AWS Lambda "Using Lambda with Amazon SQS" and "Invoking Lambda functions
// with Amazon SNS notifications", Amazon SQS ReceiveMessage, EventBridge "AWS service event metadata", and Amazon S3
// "Event message structure".

const completed = {
  awsRegion: "us-west-2",
  eventTime: "2026-07-05T06:38:47.73Z",
  receivedTime: "2026-07-05T06:38:45.725Z",
  invocationStatus: "Completed",
  requestParameters: {
    accept: "*/*",
    contentType: "text/csv",
    customAttributes: "{}",
    endpointName: "flowers-async",
    inputLocation: "s3://example-bucket/input/1.csv"
  },
  responseParameters: {
    contentType: "text/csv; charset=utf-8",
    outputLocation: "s3://example-bucket/output/211d2095.out"
  },
  inferenceId: "1f9679f3-25b8-4c44-8345-0a845da30094",
  eventVersion: "1.0",
  eventSource: "aws:sagemaker",
  eventName: "InferenceResult"
}

const secret = "ClientError: Received server error (500) from model: patient 4711"

const failed = {
  awsRegion: "us-west-2",
  eventTime: "2026-07-05T06:38:47.730Z",
  receivedTime: "2026-07-05T06:38:45.725Z",
  invocationStatus: "Failed",
  failureReason: secret,
  requestParameters: {
    endpointName: "flowers-async",
    inputLocation: "s3://example-bucket/input/1.csv"
  },
  inferenceId: "1f9679f3-25b8-4c44-8345-0a845da30094",
  eventVersion: "1.0",
  eventSource: "aws:sagemaker",
  eventName: "InferenceResult"
}

const withResponse = {
  ...completed,
  responseBody: { content: "MC4xLDAuOQ==", message: "The response was included", encoding: "BASE64" }
}

const sns = (message: unknown) => ({
  Type: "Notification",
  MessageId: "c9cafd57-db5c-5f85-9c8f-a1b1e8b5a527",
  TopicArn: "arn:aws:sns:us-west-2:123456789012:inference-done",
  Message: JSON.stringify(message),
  Timestamp: "2026-07-05T06:38:48.000Z",
  SignatureVersion: "1",
  Signature: "EXAMPLE",
  SigningCertURL: "https://sns.us-west-2.amazonaws.com/SimpleNotificationService.pem",
  UnsubscribeURL: "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe"
})

const sqs = (body: unknown, id = "059f36b4-87a3-44ab-83d2-661975830a7d") => ({
  MessageId: id,
  ReceiptHandle: `handle-${id}`,
  MD5OfBody: "098f6bcd4621d373cade4e832627b4f6",
  Body: typeof body === "string" ? body : JSON.stringify(body)
})

const lambdaSqs = (body: unknown, id = "059f36b4-87a3-44ab-83d2-661975830a7d") => ({
  messageId: id,
  receiptHandle: `handle-${id}`,
  body: typeof body === "string" ? body : JSON.stringify(body),
  attributes: { ApproximateReceiveCount: "1", SentTimestamp: "1783233528000" },
  messageAttributes: {},
  md5OfBody: "098f6bcd4621d373cade4e832627b4f6",
  eventSource: "aws:sqs",
  eventSourceARN: "arn:aws:sqs:us-west-2:123456789012:inference-done",
  awsRegion: "us-west-2"
})

const lambdaSns = (message: unknown) => ({
  EventVersion: "1.0",
  EventSubscriptionArn: "arn:aws:sns:us-west-2:123456789012:inference-done:21be56ed",
  EventSource: "aws:sns",
  Sns: { ...sns(message), Subject: null, MessageAttributes: {} }
})

const eventBridge = (detail: unknown, source = "com.example.inference") => ({
  version: "0",
  id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
  "detail-type": "InferenceResult",
  source,
  account: "123456789012",
  time: "2026-07-05T06:38:49Z",
  region: "us-west-2",
  resources: [],
  detail
})

const s3Event = {
  Records: [{
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: "us-west-2",
    eventTime: "2026-07-05T06:38:47.730Z",
    eventName: "ObjectCreated:Put",
    s3: { bucket: { name: "example-bucket" }, object: { key: "output/211d2095.out", size: 873 } }
  }]
}

const s3TestEvent = {
  Service: "Amazon S3",
  Event: "s3:TestEvent",
  Time: "2026-07-05T06:38:47.730Z",
  Bucket: "example-bucket"
}

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Every form in which a notification arrives. */
const deliveries: ReadonlyArray<readonly [string, (notification: unknown) => unknown]> = [
  ["SageMaker's JSON object", (value) => value],
  ["its text", (value) => JSON.stringify(value)],
  ["its text with a byte order mark", (value) => `\ufeff${JSON.stringify(value)}`],
  ["its bytes", bytes],
  ["a Buffer", (value) => Buffer.from(JSON.stringify(value))],
  ["an SNS message", sns],
  ["the body of an HTTP delivery of SNS", (value) => JSON.stringify(sns(value))],
  ["the bytes of an HTTP delivery of SNS", (value) => bytes(sns(value))],
  ["an SQS message with an SNS message", (value) => sqs(sns(value))],
  ["an SQS message with raw delivery", sqs],
  ["an SQS message with an EventBridge event", (value) => sqs(eventBridge(value))],
  ["Lambda's SQS record with an SNS message", (value) => lambdaSqs(sns(value))],
  ["Lambda's SQS record with raw delivery", lambdaSqs],
  ["Lambda's SQS record with an EventBridge event", (value) => lambdaSqs(eventBridge(value))],
  ["Lambda's SNS record", lambdaSns],
  ["an EventBridge event", eventBridge],
  ["an EventBridge event with an SNS message", (value) => eventBridge(sns(value))],
  ["an EventBridge event of a pipe from SQS", (value) => eventBridge(lambdaSqs(sns(value)))],
  ["an SNS message of an EventBridge rule, in SQS", (value) => sqs(sns(eventBridge(value)))]
]

const decode = Schema.decodeUnknownEither(Completion)
const encode = Schema.encodeSync(Completion)

const decoded = (message: unknown): CompletionType => Either.getOrThrow(decode(message))

const messageOf = (message: unknown): string => {
  const error = Either.getOrThrow(Either.flip(decode(message)))
  assert.strictEqual(error._tag, "ParseError")
  return error.message
}

const pathOf = (message: unknown): string => {
  const error = Either.getOrThrow(Either.flip(decode(message)))
  return ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) => issue.path.join(".")).join()
}

describe("A completion", () => {
  it.each(deliveries)("is read from %s", (_, deliver) => {
    for (const notification of [completed, withResponse]) {
      const completion = decoded(deliver(notification))
      assert.deepStrictEqual({ ...completion }, {
        status: "Completed",
        inferenceId: "1f9679f3-25b8-4c44-8345-0a845da30094",
        endpoint: "flowers-async",
        inputLocation: "s3://example-bucket/input/1.csv",
        outputLocation: "s3://example-bucket/output/211d2095.out",
        contentType: "text/csv; charset=utf-8",
        eventTime: DateTime.unsafeMake("2026-07-05T06:38:47.730Z"),
        receivedTime: DateTime.unsafeMake("2026-07-05T06:38:45.725Z")
      })
    }
    const failure = decoded(deliver(failed))
    assert.strictEqual(failure.status, "Failed")
    assert.strictEqual(failure.failureReason, secret)
    assert.isFalse("outputLocation" in failure)
  })

  it("needs the status and the ID only", () => {
    assert.deepStrictEqual({ ...decoded({ invocationStatus: "Failed", inferenceId: "1" }) }, {
      status: "Failed",
      inferenceId: "1"
    })
    assert.deepStrictEqual(
      {
        ...decoded({
          invocationStatus: "Completed",
          inferenceId: "1",
          requestParameters: null,
          responseParameters: null,
          failureReason: null,
          eventTime: null
        })
      },
      { status: "Completed", inferenceId: "1" }
    )
  })

  it("equals a completion of the same notification, which is delivered at least once", () => {
    assert.isTrue(Equal.equals(decoded(completed), decoded(sqs(sns(completed)))))
    assert.isFalse(Equal.equals(decoded(completed), decoded({ ...completed, inferenceId: "2" })))
  })

  it("does not print the text of a failure", () => {
    const failure = decoded(sqs(sns(failed)))
    const texts = [
      JSON.stringify(failure),
      JSON.stringify({ ...failure }),
      inspect(failure),
      inspect(failure, { showHidden: true, getters: true, depth: null }),
      inspect(failure, { showHidden: true, getters: true, depth: null, customInspect: false })
    ]
    for (const text of texts) {
      assert.notInclude(text, "4711")
    }
    assert.include(inspect(failure), "AsyncInferenceCompletion {")
    assert.notInclude(Object.keys(failure), "failureReason")
    assert.strictEqual(failure.failureReason, secret)
  })

  it("is encoded as SageMaker's JSON", () => {
    const { awsRegion: _, ...notification } = failed
    assert.deepStrictEqual(encode(decoded(failed)), notification)
    assert.deepStrictEqual(encode({ status: "Completed", inferenceId: "1" }), {
      invocationStatus: "Completed",
      inferenceId: "1",
      eventVersion: "1.0",
      eventSource: "aws:sagemaker",
      eventName: "InferenceResult"
    })
  })

  it.each<readonly [string, unknown]>([
    ["no ID", { status: "Completed" }],
    ["an empty ID", { status: "Completed", inferenceId: "" }],
    ["another status", { status: "Done", inferenceId: "1" }],
    ["a location that is no string", { status: "Completed", inferenceId: "1", outputLocation: 1 }],
    ["a time that is a Date", { status: "Completed", inferenceId: "1", eventTime: new Date() }],
    ["null", null]
  ])("is not encoded with %s", (_, value) => {
    assert.isTrue(Either.isLeft(Schema.encodeUnknownEither(Completion)(value)))
  })

  const text = FastCheck.string({ unit: "binary" })
  const optionalText = FastCheck.option(text, { nil: undefined })
  const optionalTime = FastCheck.option(
    FastCheck.date({ noInvalidDate: true }).map((date) => DateTime.unsafeMake(date)),
    { nil: undefined }
  )
  const completions: FastCheck.Arbitrary<CompletionType> = FastCheck.record({
    status: FastCheck.constantFrom("Completed" as const, "Failed" as const),
    inferenceId: FastCheck.string({ unit: "binary", minLength: 1 }),
    endpoint: optionalText,
    inputLocation: optionalText,
    outputLocation: optionalText,
    contentType: optionalText,
    failureReason: optionalText,
    eventTime: optionalTime,
    receivedTime: optionalTime
  })

  it("has the same members after encoding and every delivery", () => {
    FastCheck.assert(
      FastCheck.property(completions, FastCheck.constantFrom(...deliveries), (completion, [, deliver]) => {
        const again = decoded(deliver(encode(completion)))
        for (const [name, value] of Object.entries(completion)) {
          assert.deepStrictEqual(Reflect.get(again, name), value, name)
        }
        assert.isTrue(Equal.equals(decoded(encode(again)), again))
      }),
      { numRuns: 500 }
    )
  })
})

describe("A message that is no completion", () => {
  const expected = "expected a notification of SageMaker about an asynchronous inference request, found"

  it.each<readonly [string, unknown]>([
    ["an SNS message of type SubscriptionConfirmation", { ...sns(secret), Type: "SubscriptionConfirmation" }],
    [
      "an SNS message of type UnsubscribeConfirmation in an SQS message",
      sqs({ ...sns(secret), Type: "UnsubscribeConfirmation" })
    ],
    ["an event notification of Amazon S3", s3Event],
    ["an event notification of Amazon S3", s3Event.Records[0]],
    ["an event notification of Amazon S3 in an SNS message in an SQS message", sqs(sns(s3Event))],
    ["an event notification of Amazon S3 in an SQS message", lambdaSqs(s3TestEvent)],
    ["an event with records, which AsyncInference.completionsOf reads", { Records: [lambdaSns(completed)] }],
    ["an event with records, which AsyncInference.completionsOf reads", { Messages: [sqs(completed)] }],
    [
      "a JSON object without invocationStatus in an EventBridge event from aws.sagemaker",
      { ...eventBridge({ EndpointName: secret, EndpointStatus: "IN_SERVICE" }, "aws.sagemaker"), "detail-type": secret }
    ],
    ["a JSON object without invocationStatus in an EventBridge event in an SQS message", sqs(eventBridge({ secret }))],
    ["a JSON object without invocationStatus in an EventBridge event", eventBridge({ secret }, secret)],
    ["a JSON object without invocationStatus in an SNS message", { Type: "Notification", Message: "{}" }],
    ["a JSON object without invocationStatus", {}],
    ["a text that is not JSON in an SNS message in an SQS message", sqs({ Type: "Notification", Message: secret })],
    ["a text that is not JSON", secret],
    ["an empty text in an SQS message", { Body: "" }],
    ["an empty text", " \n"],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["an array", [completed]],
    ["an array in an SQS message", sqs([completed])],
    ["null", "null"],
    ["null in an EventBridge event", eventBridge(null)],
    ["nothing", undefined],
    ["a number", "4711"],
    ["a number in an SNS message", { Message: 4711 }],
    ["a boolean", true],
    ["a function", () => secret]
  ])("is reported as %s", (found, message) => {
    const text = messageOf(message)
    assert.include(text, `${expected} ${found}`)
    assert.isTrue(text.endsWith(found), text)
    assert.notInclude(text, "4711")
  })

  it.each<readonly [string, string, unknown]>([
    ["inferenceId", "expected a string that is not empty, found nothing", { invocationStatus: "Completed" }],
    ["inferenceId", "expected a string that is not empty, found nothing", { ...completed, inferenceId: null }],
    [
      "inferenceId",
      "expected a string that is not empty, found a string",
      { ...completed, inferenceId: "" }
    ],
    [
      "inferenceId",
      "expected a string that is not empty, found a number",
      "{\"invocationStatus\":\"Completed\",\"inferenceId\":1e999}"
    ],
    [
      "invocationStatus",
      "expected \"Completed\" or \"Failed\", found a string",
      { ...completed, invocationStatus: secret }
    ],
    ["requestParameters", "expected an object, found a string", {
      ...completed,
      requestParameters: secret
    }],
    ["requestParameters.endpointName", "expected a string, found an array", {
      ...completed,
      requestParameters: { endpointName: [secret] }
    }],
    ["responseParameters.outputLocation", "expected a string, found an object", {
      ...completed,
      responseParameters: { outputLocation: { secret } }
    }],
    ["failureReason", "expected a string, found an object", { ...failed, failureReason: { secret } }],
    ["eventTime", "expected a time such as", { ...completed, eventTime: 1_783_233_528 }]
  ])("has the path of the member: %s", (path, problem, message) => {
    assert.strictEqual(pathOf(sqs(sns(message))), path)
    assert.strictEqual(pathOf(message), path)
    assert.include(messageOf(message), problem)
    assert.notInclude(messageOf(message), "4711")
  })

  it.each([
    "",
    secret,
    "2026",
    "2026-07-05",
    "Jul 5, 2026",
    "2026-07-05T06:38:47",
    "2026-07-05 06:38:47Z",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-07-05T24:00:00Z",
    "2026-07-05T06:60:00Z",
    "-000000-01-01T00:00:00Z",
    "+999999-01-01T00:00:00Z",
    "2026-07-05T06:38:47.1234567890Z"
  ])("has no valid time: %s", (eventTime) => {
    assert.strictEqual(pathOf({ ...completed, eventTime }), "eventTime")
    assert.notInclude(messageOf({ ...completed, eventTime }), "4711")
  })

  it("reads times with fractions and offsets", () => {
    for (const eventTime of ["2026-07-05T06:38:47.730000000Z", "2026-07-05T08:38:47.73+02:00"]) {
      const { eventTime: time } = decoded({ ...completed, eventTime })
      assert.strictEqual(time?.epochMillis, Date.parse("2026-07-05T06:38:47.730Z"))
    }
  })

  it("does not read the prototype that a JSON text names", () => {
    assert.include(messageOf(`{"__proto__":${JSON.stringify(completed)}}`), "without invocationStatus")
    const completion = decoded(
      `{"__proto__":{"inferenceId":"other","polluted":1},"invocationStatus":"Completed","inferenceId":"1"}`
    )
    assert.strictEqual(completion.inferenceId, "1")
    assert.isFalse("polluted" in completion)
    assert.isFalse("polluted" in {})
  })

  it("does not call getters", () => {
    const message = {
      get invocationStatus(): string {
        throw new Error(secret)
      }
    }
    assert.include(messageOf(message), "without invocationStatus")
  })

  it("has a limit of nesting", () => {
    const nested = (levels: number) => {
      let message: unknown = completed
      for (let level = 0; level < levels; level += 1) {
        message = { Message: message }
      }
      return message
    }
    assert.strictEqual(decoded(nested(16)).status, "Completed")
    assert.include(messageOf(nested(17)), "found too many nested messages")
    assert.include(messageOf(nested(10_000)), "found too many nested messages")
    const cyclic: { Message?: unknown } = {}
    cyclic.Message = cyclic
    assert.include(messageOf(cyclic), "found too many nested messages")
    for (const text of ["[".repeat(1_000_000), `{"Message":${"{\"a\":".repeat(600)}1${"}".repeat(600)}}`]) {
      assert.include(messageOf(text), "found a text that is not JSON")
    }
  })
})

describe("completionsOf", () => {
  const outcomes = (event: unknown) =>
    completionsOf(event).map(({ completion, messageId, receiptHandle }) => [
      Either.match(completion, { onLeft: () => "failure", onRight: ({ inferenceId }) => inferenceId }),
      messageId,
      receiptHandle
    ])

  const numbered = (inferenceId: string) => ({ ...completed, inferenceId })

  it("reads every record of a Lambda event from SQS, also beside records of other messages", () => {
    const event = {
      Records: [
        lambdaSqs(sns(numbered("1")), "a"),
        lambdaSqs(secret, "b"),
        lambdaSqs(numbered("3"), "c"),
        lambdaSqs(s3Event, "d")
      ]
    }
    for (const form of [event, JSON.stringify(event), bytes(event)]) {
      assert.deepStrictEqual(outcomes(form), [
        ["1", "a", "handle-a"],
        ["failure", "b", "handle-b"],
        ["3", "c", "handle-c"],
        ["failure", "d", "handle-d"]
      ])
    }
  })

  it("reads a Lambda event from SNS, an EventBridge event, and the records of a pipe", () => {
    assert.deepStrictEqual(outcomes({ Records: [lambdaSns(numbered("1"))] }), [["1", undefined, undefined]])
    assert.deepStrictEqual(outcomes(eventBridge(numbered("1"))), [["1", undefined, undefined]])
    assert.deepStrictEqual(outcomes([lambdaSqs(numbered("1"), "a"), null]), [
      ["1", "a", "handle-a"],
      ["failure", undefined, undefined]
    ])
  })

  it("reads a response of ReceiveMessage, which has no list if it has no message", () => {
    assert.deepStrictEqual(outcomes({ $metadata: {}, Messages: [sqs(numbered("1"), "a")] }), [["1", "a", "handle-a"]])
    for (const empty of [{ $metadata: { httpStatusCode: 200 } }, { ResponseMetadata: {} }, {}, { Records: [] }, []]) {
      assert.deepStrictEqual(completionsOf(empty), [])
    }
  })

  it.each<readonly [string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", secret],
    ["a list that is none", { Records: completed }],
    ["another event", { source: "aws.events" }]
  ])("reports an event that is none: %s", (_, event) => {
    assert.deepStrictEqual(outcomes(event), [["failure", undefined, undefined]])
  })
})

describe("jobOf", () => {
  it("makes the job of a completed request, whose output can be read", () => {
    const job = Option.getOrThrow(AsyncInference.jobOf(Schema.decodeUnknownSync(AsyncInference.Completion)(completed)))
    assert.instanceOf(job, AsyncInference.Job)
    assert.strictEqual(job.endpoint, "flowers-async")
    assert.strictEqual(job.outputLocation, "s3://example-bucket/output/211d2095.out")
    assert.strictEqual(DateTime.toEpochMillis(job.expiresAt), Date.parse(completed.eventTime))
  })

  it("is none for a failed request and for one without a location", () => {
    const { responseParameters: _, ...withoutLocation } = completed
    for (const notification of [failed, withoutLocation]) {
      const completion = Schema.decodeUnknownSync(AsyncInference.Completion)(notification)
      assert.isTrue(Option.isNone(AsyncInference.jobOf(completion)))
    }
  })
})
