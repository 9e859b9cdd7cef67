/** AWS's provider for IAM Identity Center, in a chunk of its own. */
export { fromSSO } from "@aws-sdk/credential-provider-sso"
