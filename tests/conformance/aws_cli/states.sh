# shellcheck shell=sh
# A state machine, its executions, one that waits for a person, and what is refused.

role=arn:aws:iam::123456789012:role/any
machine=$(text stateMachineArn stepfunctions create-state-machine --name conformance-cli --role-arn "$role" --definition \
    '{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"list":[],"map":{}},"End":true}}}')
check 'a state machine is made' "$machine" 'arn:aws:states:us-east-1:123456789012:stateMachine:conformance-cli'
execution=$(text executionArn stepfunctions start-execution --state-machine-arn "$machine" --name one)
check 'it runs, and tells [] from {}' \
    "$(follow 'SUCCEEDED*' '[status,output]' stepfunctions describe-execution --execution-arn "$execution")" \
    'SUCCEEDED?{"list":\[\],"map":{}}'
check 'its history is typed' "$(text 'events[].type' stepfunctions get-execution-history --execution-arn "$execution")" \
    'ExecutionStarted*PassStateEntered*PassStateExited*ExecutionSucceeded'
check 'a name is used once' "$(refusal stepfunctions start-execution --state-machine-arn "$machine" --name one --input '{"a":1}')" \
    '*(ExecutionAlreadyExists)*'
check 'a broken definition is refused' "$(refusal stepfunctions create-state-machine --name bad --role-arn "$role" \
    --definition '{"StartAt":"X","States":{}}')" '*(InvalidDefinition)*'

activity=$(text activityArn stepfunctions create-activity --name cli)
waiting=$(text stateMachineArn stepfunctions create-state-machine --name conformance-cli-activity --role-arn "$role" --definition \
    '{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"'"$activity"'","End":true}}}')
execution=$(text executionArn stepfunctions start-execution --state-machine-arn "$waiting" --input '{"wave":1}')
token=$(text taskToken stepfunctions get-activity-task --activity-arn "$activity")
check 'a worker gets the task' "$(refusal stepfunctions send-task-heartbeat --task-token "$token")" ''
check 'and answers it' "$(refusal stepfunctions send-task-success --task-token "$token" --task-output '"done"')" ''
check 'with which the execution ends' \
    "$(follow 'SUCCEEDED*' '[status,output]' stepfunctions describe-execution --execution-arn "$execution")" 'SUCCEEDED?"done"'
check 'a token is good for one answer' "$(refusal stepfunctions send-task-success --task-token "$token" --task-output '1')" \
    '*(TaskTimedOut)*'
check 'executions are listed in pages' "$(text 'executions[].status' stepfunctions list-executions --state-machine-arn "$machine" \
    --page-size 1)" SUCCEEDED
for made in "$machine" "$waiting"; do
    check 'the machine goes' "$(refusal stepfunctions delete-state-machine --state-machine-arn "$made")" ''
done
