#!/usr/bin/env bash
# Usage: run.sh MODEL PROMPTS NAME: folder of a model (model/ of a run), folder of `curate export --as verl`, name of the run.
# The longest reply grows with the steps, which verl has no setting for: each stage resumes the one before it.
set -euo pipefail
model=$1 prompts=$2 name=$3
here=$(cd "$(dirname "$0")" && pwd)
for stage in ${STAGES:-100:2048 160:4096 200:8192}; do
  python -m verl.trainer.main_ppo --config-path "$here" --config-name grpo \
    actor_rollout_ref.model.path="$model" \
    data.train_files="$prompts/train.parquet" \
    reward.custom_reward_function.path="$prompts/reward.py" \
    trainer.experiment_name="$name" \
    trainer.total_training_steps="${stage%:*}" \
    data.max_response_length="${stage#*:}"
done
