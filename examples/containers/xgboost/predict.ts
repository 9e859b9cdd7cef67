import { Container } from "effect-sagemaker-runtime"

interface Customer {
  readonly months: number
  readonly complaints: number
  readonly monthlyFee: number | null
}

const churn = Container.xgboost("churn", "binary:logistic")

export const churnProbabilities = (customers: ReadonlyArray<Customer>) =>
  churn.predict(customers.map(({ complaints, monthlyFee, months }) => [months, complaints, monthlyFee]))
