import { runtimeParts } from "#runtime"
import { token } from "./headerToken.ts"

/** The version of this package. */
export const version = "0.1.0"

/** The user agent, in the format of AWS's clients. */
export const userAgent = (appId: string | undefined): string => {
  const { execution, platform } = runtimeParts()
  return [
    `effect-sagemaker-runtime/${version}`,
    "ua/2.1",
    ...platform,
    `api/sagemaker-runtime#${version}`,
    ...execution,
    ...(appId === undefined || appId === "" ? [] : [`app/${token(appId)}`])
  ].join(" ")
}
