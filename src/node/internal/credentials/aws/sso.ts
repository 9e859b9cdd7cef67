/** AWS's provider for IAM Identity Center, in a separate chunk. */
export { fromSSO } from "@aws-sdk/credential-provider-sso"
