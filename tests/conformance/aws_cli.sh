#!/bin/sh
# The AWS CLI v2 against the local AWS: one scenario a service, aws_cli/*.sh, which have the words of this file. Expects run.sh's
# environment. `aws_cli.sh ec2 sns` runs these alone.
set -u
cd "$(dirname "$0")" || exit 1
passed=0
failed=0

# The CLI of Debian 12 reads no AWS_ENDPOINT_URL yet.
cli() {
    AWS_PAGER='' "${AWS_CLI:-/usr/bin/aws}" --endpoint-url "$AWS_ENDPOINT_URL" "$@"
}

# text QUERY WORD...: what the query finds in the CLI's answer, or what went wrong.
text() {
    query=$1
    shift
    cli "$@" --query "$query" --output text 2>&1
}

# refusal WORD...: what the CLI says when it is refused.
refusal() {
    cli "$@" 2>&1
}

# follow PATTERN QUERY WORD...: asks until the answer fits the shell pattern, sixty times at most; the last answer.
follow() {
    pattern=$1
    shift
    for _ in $(seq 60); do
        answer=$(text "$@")
        # shellcheck disable=SC2254  # a pattern is meant
        case $answer in $pattern) break ;; esac
    done
    echo "$answer"
}

# check NAME ACTUAL EXPECTED: EXPECTED is a shell pattern.
check() {
    # shellcheck disable=SC2254  # a pattern is meant
    case $2 in
        $3) passed=$((passed + 1)) ;;
        *)
            failed=$((failed + 1))
            printf 'not so: %s: %s\n    is     %s\n    should %s\n' "$service" "$1" "$2" "$3"
            ;;
    esac
}

[ $# -gt 0 ] || set -- sts dynamodb drs states ec2 route53 ssm sns cloudwatch events
for service in "$@"; do
    # shellcheck disable=SC1090  # one of the list above
    . "./aws_cli/$service.sh"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
