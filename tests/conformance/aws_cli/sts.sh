# shellcheck shell=sh
# Who am I, a role of another account, and the ways in which keys are refused.

check 'who am I' "$(text '[Account,Arn]' sts get-caller-identity)" '123456789012?arn:aws:iam::123456789012:*'
check 'a wrong secret key is refused as AWS does' "$(AWS_SECRET_ACCESS_KEY=wrong refusal sts get-caller-identity)" \
    '*(SignatureDoesNotMatch)*signature we calculated does not match*'
check 'an unknown access key is refused as AWS does' "$(AWS_ACCESS_KEY_ID=AKIAUNKNOWN000000000 refusal sts get-caller-identity)" \
    '*(InvalidClientTokenId)*security token included in the request is invalid*'
check 'a JSON service has other names for it' "$(AWS_ACCESS_KEY_ID=AKIAUNKNOWN000000000 refusal dynamodb list-tables)" \
    '*(UnrecognizedClientException)*security token included in the request is invalid*'
check 'and EC2 has its own' "$(AWS_SECRET_ACCESS_KEY=wrong refusal ec2 describe-regions)" \
    '*(AuthFailure)*not able to validate the provided access credentials*'

role=arn:aws:iam::210987654321:role/DRSOrchestrationCrossAccountRole
keys=$(text 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' sts assume-role --role-arn "$role" \
    --role-session-name cli --external-id drsh-sample-7c1f)
check 'a role gives keys' "$keys" 'ASIA*'
# as_role WORD...: as whom the role's keys call; $other_token takes their session token's place.
as_role() {
    # shellcheck disable=SC2086  # three words are meant
    set -- $keys -- "$@"
    id=$1 secret=$2 own=$3
    shift 4
    (
        export AWS_ACCESS_KEY_ID="$id" AWS_SECRET_ACCESS_KEY="$secret" AWS_SESSION_TOKEN="${other_token:-$own}"
        text "$@"
    )
}
check 'which are of its account' "$(as_role '[Account,Arn]' sts get-caller-identity)" \
    '210987654321?arn:aws:sts::210987654321:assumed-role/DRSOrchestrationCrossAccountRole/cli'
check 'but not with another token' "$(other_token=another as_role Account sts get-caller-identity)" '*(InvalidClientTokenId)*'
check 'a role that is not trusted is not assumed' \
    "$(refusal sts assume-role --role-arn "$role" --role-session-name cli --external-id wrong)" \
    '*(AccessDenied)*is not authorized to perform: sts:AssumeRole on resource: *'
check 'a session of one'"'"'s own' "$(text Credentials.AccessKeyId sts get-session-token --duration-seconds 900)" 'ASIA*'
check 'an operation that is not there is unknown' "$(refusal sts assume-role-with-saml --role-arn "$role" --principal-arn "$role" \
    --saml-assertion AAAA)" '*(InvalidAction)*Could not find operation AssumeRoleWithSAML for version 2011-06-15*'
