# shellcheck shell=sh
# A table's life, an item's, conditions, pages and transactions.

check 'the tables are there' "$(text TableNames dynamodb list-tables)" \
    '*drsh-execution-history*drsh-protection-groups*drsh-recovery-plans*drsh-target-accounts*'
check 'a table is made' "$(text TableDescription.TableStatus dynamodb create-table --table-name cli \
    --billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=id,AttributeType=S AttributeName=n,AttributeType=N \
    --key-schema AttributeName=id,KeyType=HASH AttributeName=n,KeyType=RANGE)" CREATING
check 'and waited for' "$(cli dynamodb wait table-exists --table-name cli 2>&1; text Table.TableStatus dynamodb describe-table \
    --table-name cli)" ACTIVE
for n in 1 2 3 4 5; do
    check "item $n is put" "$(refusal dynamodb put-item --table-name cli --item '{"id":{"S":"a"},"n":{"N":"'$n'"},"l":{"L":[]}}')" ''
done
check 'an item that is there is not put again' "$(refusal dynamodb put-item --table-name cli --item '{"id":{"S":"a"},"n":{"N":"1"}}' \
    --condition-expression 'attribute_not_exists(id)')" '*(ConditionalCheckFailedException)*The conditional request failed*'
check 'items come in pages' "$(text 'Items[].n.N' dynamodb query --table-name cli --key-condition-expression 'id = :i' \
    --expression-attribute-values '{":i":{"S":"a"}}' --page-size 2 --no-scan-index-forward | tr '\n\t' '  ')" '5 4 3 2 1 *'
check 'an item is changed' "$(text Attributes.hits.N dynamodb update-item --table-name cli --key '{"id":{"S":"a"},"n":{"N":"1"}}' \
    --update-expression 'ADD hits :o' --expression-attribute-values '{":o":{"N":"2"}}' --return-values UPDATED_NEW)" 2
check 'a transaction says which part failed' "$(refusal dynamodb transact-write-items --transact-items \
    '[{"Put":{"TableName":"cli","Item":{"id":{"S":"t"},"n":{"N":"1"}}}},
      {"ConditionCheck":{"TableName":"cli","Key":{"id":{"S":"x"},"n":{"N":"1"}},"ConditionExpression":"attribute_exists(id)"}}]')" \
    '*(TransactionCanceledException)*\[None, ConditionalCheckFailed\]*'
check 'and leaves nothing' "$(text Count dynamodb query --table-name cli --key-condition-expression 'id = :i' \
    --expression-attribute-values '{":i":{"S":"t"}}')" 0
check 'a missing table is refused as AWS does' "$(refusal dynamodb scan --table-name nowhere)" \
    '*(ResourceNotFoundException)*Requested resource not found*'
check 'a key that does not fit, too' "$(refusal dynamodb get-item --table-name cli --key '{"id":{"S":"a"}}')" \
    '*(ValidationException)*The provided key element does not match the schema*'
check 'the table goes' "$(text TableDescription.TableStatus dynamodb delete-table --table-name cli)" DELETING
