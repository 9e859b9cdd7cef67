import { Effect } from "effect"
import { Container } from "effect-sagemaker-runtime"

const classifier = Container.tei("emotions")

export const moodsOf = (texts: ReadonlyArray<string>) =>
  classifier.predict({ inputs: texts.map((text) => [text]) }).pipe(
    Effect.map((predictions) => predictions.map(([first]) => first?.label ?? "unknown"))
  )
