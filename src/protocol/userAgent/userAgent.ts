import { runtimeParts } from "#runtime"
import { token } from "./headerToken.ts"

/** The version this package is published under. */
export const version = "0.1.0"

/** Who calls, in the form AWS's own clients use. */
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
