/** The sources of credentials: a name for error messages and AWS's provider for each. */
import * as Redacted from "effect/Redacted"
import type { AwsCredentials } from "../../../Credentials.ts"
import type { AssumeRoleOptions, WebIdentityOptions } from "../../NodeCredentials.ts"
import { checkRegularFile, readRegularFile } from "../config/regularFile.ts"
import { type CredentialSource, type ProviderInit, roleAssumer } from "./providers.ts"

/** A web identity token or an authorization token has a few kilobytes. */
const maxTokenBytes = 64 * 1024

/** AWS's provider reads the token file of a profile, or of its source profiles, synchronously. */
const checkProfileTokenFiles = async (init: ProviderInit): Promise<void> => {
  const { parseKnownFiles } = await import("@smithy/core/config")
  const profiles = new Map(Object.entries(await parseKnownFiles(init)))
  const files = new Map<string, string | undefined>()
  for (let name: string | undefined = init.profile; name !== undefined && !files.has(name);) {
    const settings: { readonly [key: string]: string | undefined } | undefined = profiles.get(name)
    files.set(name, settings?.["web_identity_token_file"])
    name = settings?.["source_profile"]
  }
  await Promise.all([...files.values()].map((file) => checkRegularFile(file, maxTokenBytes)))
}

export const environment: CredentialSource = {
  name: "environment",
  advice: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  provider: async ({ logger }) => (await import("./aws/environment.ts")).fromEnv({ logger })
}

export const profile: CredentialSource = {
  name: "profile",
  advice: "Check the profile in the shared config and credentials files.",
  provider: async (init) => {
    await checkProfileTokenFiles(init)
    return (await import("./aws/profile.ts")).fromIni(init)
  }
}

export const sso: CredentialSource = {
  name: "SSO",
  advice: "Check the profile's sso settings, and run aws sso login.",
  provider: async (init) => (await import("./aws/sso.ts")).fromSSO(init)
}

export const login: CredentialSource = {
  name: "login session",
  advice: "Check the profile's login_session, and run aws login.",
  provider: async (init) => (await import("./aws/login.ts")).fromLoginCredentials(init)
}

export const credentialProcess: CredentialSource = {
  name: "credential_process",
  advice: "Check credential_process in the shared config file.",
  provider: async (init) => (await import("./aws/credentialProcess.ts")).fromProcess(init)
}

export const webIdentity = (
  { roleArn, roleSessionName, webIdentityTokenFile }: WebIdentityOptions = {}
): CredentialSource => ({
  name: "web identity",
  advice: "Check AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE.",
  provider: async (init) => {
    await checkRegularFile(webIdentityTokenFile ?? process.env["AWS_WEB_IDENTITY_TOKEN_FILE"], maxTokenBytes)
    const { fromTokenFile } = await import("./aws/webIdentity.ts")
    return fromTokenFile({
      ...init,
      ...(roleArn !== undefined && { roleArn }),
      ...(roleSessionName !== undefined && { roleSessionName }),
      ...(webIdentityTokenFile !== undefined && { webIdentityTokenFile })
    })
  }
})

/** Token files often end in a line break, which AWS's provider would send. */
const containerToken = async () => {
  const file = process.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] ?? ""
  return file === "" ? {} : {
    awsContainerAuthorizationTokenFile: "",
    awsContainerAuthorizationToken: (await readRegularFile(file, maxTokenBytes)).trimEnd()
  }
}

export const container: CredentialSource = {
  name: "container",
  advice: "Check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI, and the role of the " +
    "ECS task or EKS pod.",
  provider: async ({ logger }) => {
    const { fromHttp } = await import("./aws/container.ts")
    return fromHttp({ logger, ...(await containerToken()) })
  }
}

export const instanceMetadata: CredentialSource = {
  name: "instance metadata",
  advice: "Check that the EC2 instance has an IAM role and that its metadata service is enabled.",
  provider: async ({ logger, ...init }) => {
    const { fromInstanceMetadata } = await import("./aws/instanceMetadata.ts")
    return fromInstanceMetadata({ logger, ...(init.profile !== undefined && { profile: init.profile }) })
  }
}

export const assumedRole = (
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { durationSeconds, externalId, roleArn, roleSessionName }: AssumeRoleOptions
): CredentialSource => ({
  name: "assumed role",
  advice: "Check roleArn, the role's trust policy and the network connection to STS.",
  provider: async ({ clientConfig: { requestHandler }, parentClientConfig: { region } }) => () =>
    roleAssumer(region, requestHandler)({
      accessKeyId: Redacted.value(accessKeyId),
      secretAccessKey: Redacted.value(secretAccessKey),
      ...(sessionToken && { sessionToken: Redacted.value(sessionToken) })
    }, {
      RoleArn: roleArn,
      // The name that AWS's providers generate.
      RoleSessionName: roleSessionName ?? `aws-sdk-js-${Date.now()}`,
      ...(externalId !== undefined && { ExternalId: externalId }),
      ...(durationSeconds !== undefined && { DurationSeconds: durationSeconds })
    })
})

const isSet = (variable: string): boolean => (process.env[variable] ?? "") !== ""

const isMetadataDisabled = (): boolean =>
  isSet("AWS_EC2_METADATA_DISABLED") && process.env["AWS_EC2_METADATA_DISABLED"] !== "false"

const hostRole = (): ReadonlyArray<CredentialSource> => {
  if (isSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || isSet("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    return [container]
  }
  return isMetadataDisabled() ? [] : [instanceMetadata]
}

/** AWS's default chain: an explicitly chosen profile takes precedence over credentials in the environment. */
export const defaultChain = (chosenProfile: string | undefined): ReadonlyArray<CredentialSource> => [
  ...(chosenProfile === undefined ? [environment] : []),
  profile,
  credentialProcess,
  webIdentity(),
  ...hostRole()
]
