/** The version this package is published under. */
export const version = "0.1.0"

/** Who calls, in the form AWS's own clients use; `appId` is kept to the characters a token may have. */
export const userAgent = (appId: string | undefined): string => {
  const client = `effect-sagemaker-runtime/${version} ua/2.1 api/sagemaker-runtime#${version} lang/js`
  return appId === undefined || appId === ""
    ? client
    : `${client} app/${appId.replace(/[^!#$%&'*+.^_`|~\w-]/g, "-")}`
}
