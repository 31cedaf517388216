#!/bin/sh
# The AWS CLI against the local AWS: one scenario over its services. Expects run.sh's environment.
set -u
passed=0
failed=0

# The CLI of Debian 12 reads no AWS_ENDPOINT_URL yet.
cli() {
    AWS_PAGER='' "${AWS_CLI:-/usr/bin/aws}" --endpoint-url "$AWS_ENDPOINT_URL" "$@"
}

# check NAME ACTUAL EXPECTED: EXPECTED is a shell pattern.
check() {
    # shellcheck disable=SC2254  # a pattern is meant
    case $2 in
        $3) passed=$((passed + 1)) ;;
        *)
            failed=$((failed + 1))
            printf 'not so: %s\n    is     %s\n    should %s\n' "$1" "$2" "$3"
            ;;
    esac
}

check 'sts: who am I' "$(cli sts get-caller-identity --query Account --output text 2>&1)" 123456789012
check 'a wrong secret key is refused as AWS does' \
    "$(AWS_SECRET_ACCESS_KEY=wrong cli sts get-caller-identity 2>&1)" \
    '*(SignatureDoesNotMatch)*signature we calculated does not match*'
check 'an unknown access key is refused as AWS does' \
    "$(AWS_ACCESS_KEY_ID=AKIAUNKNOWN000000000 cli sts get-caller-identity 2>&1)" '*(InvalidClientTokenId)*'

check 'dynamodb: the tables are there' "$(cli dynamodb list-tables --query TableNames --output text 2>&1)" \
    '*drsh-execution-history*drsh-protection-groups*drsh-recovery-plans*drsh-target-accounts*'
check 'dynamodb: an execution can be put' \
    "$(cli dynamodb put-item --table-name drsh-execution-history --item \
        '{"executionId":{"S":"conformance-cli"},"planId":{"S":"p"},"status":{"S":"COMPLETED"},"startTime":{"N":"1"}}' 2>&1)" ''
check 'dynamodb: executions can be scanned' \
    "$(cli dynamodb scan --table-name drsh-execution-history --filter-expression 'planId = :p' \
        --expression-attribute-values '{":p":{"S":"p"}}' --query 'Items[0].executionId.S' --output text 2>&1)" conformance-cli
check 'dynamodb: a missing table is refused as AWS does' "$(cli dynamodb scan --table-name nowhere 2>&1)" \
    '*(ResourceNotFoundException)*Requested resource not found*'

check 'drs: source servers in pages of 5' \
    "$(cli drs describe-source-servers --page-size 5 --query 'length(items)' --output text 2>&1 | awk '{ n += $1 } END { print n }')" \
    '[1-9]*'
server=$(cli drs describe-source-servers --max-items 1 --query 'items[0].sourceServerID' --output text 2>&1 | head -n 1)
job=$(cli drs start-recovery --is-drill --source-servers "sourceServerID=$server" --query job.jobID --output text 2>&1)
check 'drs: a drill starts' "$job" 'drsjob-?????????????????'
check 'drs: a busy server is refused as AWS does' \
    "$(cli drs start-recovery --is-drill --source-servers "sourceServerID=$server" 2>&1)" \
    '*(ConflictException)*currently being processed by a Job*'
tries=0
while [ "$tries" -lt 60 ]; do
    status=$(cli drs describe-jobs --filters "jobIDs=$job" --query 'items[0].status' --output text 2>&1)
    [ "$status" != COMPLETED ] || break
    tries=$((tries + 1))
done
check 'drs: the job is followed to its end' "$status" COMPLETED
check 'drs: its log tells the launch' "$(cli drs describe-job-log-items --job-id "$job" --query 'items[].event' --output text 2>&1)" \
    'JOB_START*SNAPSHOT_START*CONVERSION_START*LAUNCH_START*LAUNCH_END*JOB_END'
instance=$(cli drs describe-recovery-instances --filters "sourceServerIDs=$server" \
    --query "items[?jobID=='$job'].recoveryInstanceID" --output text 2>&1)
check 'drs: the recovery instance is known by its job' "$instance" 'i-*'
check 'ec2: the instance runs' "$(cli ec2 describe-instances --instance-ids "$instance" \
    --query 'Reservations[0].Instances[0].State.Name' --output text 2>&1)" running
ending=$(cli drs terminate-recovery-instances --recovery-instance-ids "$instance" --query job.jobID --output text 2>&1)
check 'drs: termination is a job' "$ending" 'drsjob-*'
tries=0
while [ "$tries" -lt 60 ]; do
    status=$(cli drs describe-jobs --filters "jobIDs=$ending" --query 'items[0].status' --output text 2>&1)
    [ "$status" != COMPLETED ] || break
    tries=$((tries + 1))
done
check 'drs: the termination ends' "$status" COMPLETED
check 'drs: a terminated instance is gone' "$(cli drs describe-recovery-instances --filters "recoveryInstanceIDs=$instance" \
    --query 'length(items)' --output text 2>&1)" 0

machine=$(cli stepfunctions create-state-machine --name conformance-cli --role-arn arn:aws:iam::123456789012:role/any \
    --definition '{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"list":[],"map":{}},"End":true}}}' \
    --query stateMachineArn --output text 2>&1)
check 'stepfunctions: a state machine is made' "$machine" 'arn:aws:states:us-east-1:123456789012:stateMachine:conformance-cli'
execution=$(cli stepfunctions start-execution --state-machine-arn "$machine" --name one --query executionArn --output text 2>&1)
tries=0
while [ "$tries" -lt 20 ]; do
    status=$(cli stepfunctions describe-execution --execution-arn "$execution" --query '[status,output]' --output text 2>&1)
    case $status in SUCCEEDED*) break ;; esac
    tries=$((tries + 1))
done
check 'stepfunctions: it runs, and tells [] from {}' "$status" 'SUCCEEDED?{"list":\[\],"map":{}}'
check 'stepfunctions: its history is typed' "$(cli stepfunctions get-execution-history --execution-arn "$execution" \
    --query 'events[].type' --output text 2>&1)" 'ExecutionStarted*PassStateEntered*PassStateExited*ExecutionSucceeded'

zone=$(cli route53 create-hosted-zone --name cli.example.com --caller-reference "cli-$$" --query HostedZone.Id --output text 2>&1)
check 'route53: a zone is made' "$zone" '/hostedzone/Z*'
batch() {
    printf '{"Changes":[{"Action":"%s","ResourceRecordSet":{"Name":"www.cli.example.com","Type":"A","TTL":60,' "$1"
    printf '"ResourceRecords":[{"Value":"%s"}]}}]}' "$2"
}
change=$(cli route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$(batch UPSERT 10.0.0.1)" \
    --query ChangeInfo.Id --output text 2>&1)
check 'route53: a change is sent' "$change" '/change/C*'
tries=0
while [ "$tries" -lt 60 ]; do
    status=$(cli route53 get-change --id "$change" --query ChangeInfo.Status --output text 2>&1)
    [ "$status" != INSYNC ] || break
    tries=$((tries + 1))
done
check 'route53: the name servers have it' "$status" INSYNC
check 'route53: what is not so is not deleted, in AWS'"'"'s words' \
    "$(cli route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$(batch DELETE 10.0.0.2)" 2>&1)" \
    "*(InvalidChangeBatch)*Tried to delete resource record set*but the values provided do not match the current values*"
check 'route53: record sets are listed in order' "$(cli route53 list-resource-record-sets --hosted-zone-id "$zone" \
    --query 'ResourceRecordSets[].Type' --output text 2>&1)" 'NS?SOA?A'

bastion=$(cli ec2 describe-instances --filters Name=tag:Role,Values=bastion --query 'Reservations[0].Instances[0].InstanceId' \
    --output text 2>&1)
automation=$(cli ssm start-automation-execution --document-name AWS-RestartEC2Instance --parameters "InstanceId=$bastion" \
    --query AutomationExecutionId --output text 2>&1)
tries=0
while [ "$tries" -lt 60 ]; do
    status=$(cli ssm get-automation-execution --automation-execution-id "$automation" \
        --query AutomationExecution.AutomationExecutionStatus --output text 2>&1)
    case $status in Success | Failed | *rror*) break ;; esac
    tries=$((tries + 1))
done
check 'ssm: an automation restarts an instance' "$status" Success
check 'ssm: a missing parameter is refused as AWS does' "$(cli ssm get-parameter --name nowhere 2>&1)" '*(ParameterNotFound)*'
topic=$(cli sns create-topic --name conformance-cli --query TopicArn --output text 2>&1)
check 'sns: a message is published' "$(cli sns publish --topic-arn "$topic" --message hello --query MessageId --output text 2>&1)" \
    '????????-????-4*'
check 'sns: a missing topic is refused as AWS does' "$(cli sns publish --topic-arn "$topic-x" --message hello 2>&1)" \
    '*(NotFound)*Topic does not exist*'
cli cloudwatch put-metric-alarm --alarm-name conformance-cli --namespace N --metric-name M --statistic Sum --period 60 \
    --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold --treat-missing-data ignore
cli cloudwatch set-alarm-state --alarm-name conformance-cli --state-value ALARM --state-reason 'the CLI says so'
check 'cloudwatch: an alarm is set' "$(cli cloudwatch describe-alarms --alarm-names conformance-cli \
    --query 'MetricAlarms[0].[StateValue,StateReason]' --output text 2>&1)" 'ALARM?the CLI says so'
check 'events: an entry of AWS'"'"'s own source is refused' "$(cli events put-events \
    --entries '[{"Source":"aws.drs","DetailType":"x","Detail":"{}"}]' --query 'Entries[0].ErrorCode' --output text 2>&1)" \
    NotAuthorizedForSourceException

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
