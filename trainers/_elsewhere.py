"""What settings of TRL, transformers and verl are called here, for the message about a name that is not ours; docs/names.md explains more.

Only names that say the same thing, or that a reader of those programs would look for. Alike spelling misleads there: what verl calls
`max_response_length` is not our `max_prompt_length`.
"""

from __future__ import annotations

from collections.abc import Iterable

from curate.errors import did_you_mean

_OURS = {
    "lr": "learning_rate",
    "max_steps": "total_training_steps total_epochs num_train_epochs train_steps max_duration total_episodes",
    "batch_size mini_batch": "per_device_train_batch_size gradient_accumulation_steps global_batch_size",
    "batch_size prompts_per_step": "train_batch_size gen_batch_size",
    "prompts_per_step": "generation_batch_size rollout_batch_size",
    "mini_batch": "ppo_mini_batch_size steps_per_generation num_mini_batches",
    "micro_batch": "ppo_micro_batch_size ppo_micro_batch_size_per_gpu micro_batch_size micro_batch_size_per_gpu",
    "generation_batch": "log_prob_micro_batch_size_per_gpu local_rollout_forward_batch_size",
    "num_generations": "n n_samples_per_prompt rloo_k",
    "passes": "num_iterations num_ppo_epochs ppo_epochs",
    "max_completion_length": "max_response_length max_new_tokens max_tokens response_length",
    "max_prompt_length": "max_prompt_len filter_overlong_prompts",
    "beta": "kl_coef kl_loss_coef init_kl_coef use_kl_loss use_kl_in_reward sync_ref_model",
    "kl": "kl_loss_type kl_estimator kl_penalty",
    "epsilon": "clip_ratio clip_ratio_low cliprange clip_range epsilon_low",
    "epsilon_high": "clip_ratio_high",
    "dual_clip": "delta clip_ratio_c",
    "loss_type": "loss_agg_mode",
    "loss_length": "loss_scale_factor",
    "scale_rewards": "norm_adv_by_std_in_grpo",
    "zero_variance": "filter_groups dynamic_sampling",
    "overlong_buffer": "overlong_buffer_cfg",
    "mask_truncated": "mask_truncated_completions",
    "importance_cap": "vllm_importance_sampling_cap vllm_importance_sampling_clip_max rollout_is_threshold tis_imp_ratio_cap",
    "entropy_bonus": "entropy_coef entropy_coeff ent_coef",
    "engine": "use_vllm vllm_mode rollout_name",
    "gpu_memory_utilization": "vllm_gpu_memory_utilization",
    "template": "chat_template system_prompt",
    "stop": "stop_token stop_strings eos_token",
    "critic_lr": "vf_coef value_lr",
    "critic_warmup_steps": "critic_warmup",
    "value_clip": "cliprange_value",
    "whiten": "whiten_advantages whiten_rewards",
    "lam": "gae_lambda",
    "lr_scheduler": "lr_scheduler_type",
    "min_lr_ratio": "min_lr_rate",
    "warmup_steps": "warmup_ratio lr_warmup_steps lr_warmup_steps_ratio",
    "optimizer": "optim",
    "beta1": "adam_beta1",
    "beta2": "adam_beta2",
    "eps": "adam_epsilon",
    "max_grad_norm": "clip_grad grad_clip",
    "dtype": "bf16 fp16 torch_dtype",
    "attention": "attn_implementation",
    "activation_checkpointing": "gradient_checkpointing enable_gradient_checkpointing",
    "compile": "torch_compile use_torch_compile",
    "parallel": "strategy fsdp",
    "save_steps": "save_freq",
    "keep": "save_total_limit max_ckpt_to_keep max_actor_ckpt_to_keep",
    "eval_steps": "test_freq",
    "rollout_steps": "log_completions rollout_data_dir",
    "report_to": "logger",
}
HERE = {theirs: tuple(ours.split()) for ours, names in _OURS.items() for theirs in names.split()}
"""By what it is called elsewhere, what it is called here: the first of these that a trainer has."""
_WHOLE = "the sampler draws from the whole distribution, which is the one that is trained"
NONE = {
    **dict.fromkeys(("top_p", "top_k", "min_p", "repetition_penalty"), f"there is none: {_WHOLE}"),
    **dict.fromkeys(("reward_funcs", "reward_weights", "reward_fn", "reward_model"), "the reward is the strict grader's (docs/grading.md)"),
    **dict.fromkeys(("adv_estimator", "algorithm"), "`run:` says which: trainers.grpo or trainers.ppo"),
    "logging_steps": "every step is written to metrics.jsonl",
}  # fmt: skip
"""What has no setting here, and why."""
VALUES = {
    "loss_type": {
        "grpo": "sequence", "seq-mean-token-mean": "sequence", "dapo": "token", "bnpo": "token", "token-mean": "token",
        "dr_grpo": "constant", "seq-mean-token-sum-norm": "constant",
    }
}  # fmt: skip
"""Values of a setting that are called otherwise here."""


def named_here(name: str, fields: Iterable[str]) -> str:
    """What to write for a setting that is not one of the fields, as the end of a message; a dotted name is its last part."""
    known, last = set(fields), name.rsplit(".", 1)[-1]
    if last in NONE:
        return f"; {NONE[last]}"
    for ours in (*HERE.get(last, ()), *([last] if "." in name else [])):
        if ours in known:
            return f"; here that is {ours!r} (docs/names.md)"
    return did_you_mean(name, known) or "; docs/names.md has what others call ours"


def value_here(name: str, value: object) -> str:
    """The same for the value of a setting, or nothing."""
    ours = VALUES.get(name, {}).get(str(value))
    return f"; that is {ours}" if ours else ""
