# shellcheck shell=sh
# Parameters, a document, an automation and a command.

for value in one two; do
    check "the value '$value' is put" "$(text Tier ssm put-parameter --name /cli/mode --value "$value" --type String --overwrite)" Standard
done
check 'a version has a label' "$(text ParameterVersion ssm label-parameter-version --name /cli/mode --parameter-version 1 \
    --labels before)" 1
check 'and is found by it' "$(text Parameter.Value ssm get-parameter --name /cli/mode:before)" one
check 'a secret is not shown' "$(cli ssm put-parameter --name /cli/key --value hidden --type SecureString > /dev/null 2>&1
    text Parameter.Value ssm get-parameter --name /cli/key)" 'AQICAH*'
check 'unless asked for' "$(text Parameter.Value ssm get-parameter --name /cli/key --with-decryption)" hidden
check 'parameters are listed below a path' "$(text 'Parameters[].Name' ssm get-parameters-by-path --path /cli --page-size 1 |
    tr '\n\t' '  ')" '/cli/key /cli/mode *'
check 'AWS publishes its images' "$(text Parameter.Value ssm get-parameter \
    --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64)" 'ami-*'
check 'a missing parameter is refused as AWS does' "$(refusal ssm get-parameter --name nowhere)" '*(ParameterNotFound)*'
check 'they go' "$(text DeletedParameters ssm delete-parameters --names /cli/key /cli/mode | tr '\n\t' '  ')" '*/cli/mode*'

bastion=$(text 'Reservations[0].Instances[0].InstanceId' ec2 describe-instances --filters Name=tag:Role,Values=bastion)
automation=$(text AutomationExecutionId ssm start-automation-execution --document-name AWS-RestartEC2Instance \
    --parameters "InstanceId=$bastion")
check 'an automation restarts an instance' "$(follow '[SF]*[sd]' AutomationExecution.AutomationExecutionStatus \
    ssm get-automation-execution --automation-execution-id "$automation")" Success
command=$(text Command.CommandId ssm send-command --document-name AWS-RunShellScript --instance-ids "$bastion" \
    --parameters commands=uptime)
check 'a command is waited for' "$(refusal ssm wait command-executed --command-id "$command" --instance-id "$bastion")" ''
check 'and succeeded' "$(text Status ssm get-command-invocation --command-id "$command" --instance-id "$bastion")" Success
check 'a document of one'"'"'s own is made' "$(text DocumentDescription.Status ssm create-document --name cli --document-type Automation \
    --content '{"schemaVersion":"0.3","mainSteps":[{"name":"w","action":"aws:sleep","inputs":{"Duration":"PT1S"}}]}')" Active
check 'and goes' "$(cli ssm delete-document --name cli 2>&1; refusal ssm describe-document --name cli)" '*(InvalidDocument)*'
check 'an operation that is not there is unknown' "$(refusal ssm describe-maintenance-windows)" '*(UnknownOperationException)*'
