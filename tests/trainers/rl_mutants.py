"""Bugs that a trainer of RL may have and a reward curve does not show, each a change of one place of the code, and the test that fails."""

from tests.trainers.mutants import Mutant

GRPO = "test_grpo.py::test_a_run_is_that_of_a_plain_loop_over_separate_sequences[grpo]"
DAPO = "test_grpo.py::test_a_run_is_that_of_a_plain_loop_over_separate_sequences[dapo]"
MUCH = "test_grpo.py::test_a_run_is_that_of_a_plain_loop_over_separate_sequences[much of it]"
KL = "test_grpo.py::test_a_run_is_that_of_a_plain_loop_over_separate_sequences[with k3]"
PPO = "test_ppo.py::test_a_run_is_that_of_a_plain_loop_over_separate_sequences"
WORLDS = "test_rl.py::test_the_same_comes_out_for_any_ranks_micro_batches_and_parallelism"
OLD = "test_grpo.py::test_old_probabilities_stay_for_all_updates_and_in_the_first_one_the_ratio_is_exactly_1"
DEAD = "test_grpo.py::test_groups_that_are_all_alike_move_nothing_not_even_by_what_the_optimizer_remembers"
COUNTED = "test_grpo.py::test_dead_groups_count_in_what_is_divided_by_whether_they_are_computed_or_not"
SURROGATE = "test_policy_loss.py::test_losses_and_gradients_are_those_of_the_formula"
PAIRS = (
    "test_sequences.py::test_each_token_of_each_reply_is_predicted_once_from_what_stands_before_it_in_its_own_sequence"
)
SEEDS = "test_rl_steps.py::test_a_step_has_prompts_and_seeds_of_its_own_and_each_reply_another_seed"
STAGES = "test_rl_steps.py::test_a_longer_stage_begins_with_its_step_and_leaves_the_scale_of_the_loss_as_it_was"
RATES = "test_rl_steps.py::test_the_learning_rate_is_one_of_updates_and_not_of_steps"

LOSSES = "losses = torch.maximum(-advantages * ratio, -advantages * ratio.clamp(low, high))"
FLOORED = """        found = found / (variance.sqrt() + STD_FLOOR)
    high, low = values.masked_fill(~known, -torch.inf).amax(1), values.masked_fill(~known, torch.inf).amin(1)
    return found.masked_fill((high <= low)[:, None], 0).to(rewards.dtype)"""
PLACES = """                places.append(np.arange(begin, begin + len(reply)))
                flat.append(np.arange(*self._rollouts.bounds[i : i + 2]))"""

OF_THE_TOYS = [
    Mutant(
        "the advantage has the wrong sign",
        LOSSES,
        LOSSES.replace("-advantages", "advantages"),
        "test_policy_loss.py::test_at_the_old_policy_the_loss_is_minus_the_advantage_and_so_is_the_gradient",
    ),
    Mutant("log-probabilities are those of a place before", "at + len(prompt) - 1", "at + len(prompt) - 2", PAIRS),
    Mutant(
        "advantages go to another group",
        "group_advantages(torch.from_numpy(found.rewards), self.run.scale_rewards).flatten()",
        "group_advantages(torch.from_numpy(found.rewards), self.run.scale_rewards).roll(1, 0).flatten()",
        GRPO,
    ),
    Mutant(
        "nothing is added to a deviation of zero",
        FLOORED,
        "        found = found / variance.sqrt()\n    return found.to(rewards.dtype)",
        "test_advantages.py::test_groups_that_are_all_alike_give_exactly_zero",
    ),
    Mutant(
        "the mean is that of the batch",
        "mean = values.nansum(1, keepdim=True) / counts.clamp(min=1)",
        "mean = values.nansum() / known.sum().clamp(min=1)",
        "test_advantages.py::test_a_group_is_compared_with_its_own_mean_and_not_with_the_batch",
    ),
    Mutant(
        "the prompt bears loss",
        PLACES,
        """                places.append(np.arange(begin - 1, begin + len(reply)))
                flat.append(np.r_[self._rollouts.bounds[i], np.arange(*self._rollouts.bounds[i : i + 2])])""",
        PAIRS,
    ),
    Mutant(
        "the trainer forgets the temperature",
        "self.model.lm_head.weight, targets, self.temperature)",
        "self.model.lm_head.weight, targets, 1.0)",
        MUCH,
    ),
    Mutant(
        "the sampler forgets the temperature",
        "logits = self._model.lm_head(hidden).float() / self.temperature",
        "logits = self._model.lm_head(hidden).float()",
        "test_rollout_hf.py::test_probabilities_are_those_that_the_trainer_recomputes",
    ),
]
"""Those that toy trainers of RL were broken with: three of them learn as well as the right one, by their curves."""

MORE = [
    Mutant(
        "old probabilities are those of the present policy",
        "elif told := self.update(batch, mini, step, lr):",
        "elif told := (self.look(batch), self.update(batch, mini, step, lr))[1]:",
        OLD,
    ),
    Mutant(
        "the upper clip is the lower one", "epsilon if epsilon_high is None else epsilon_high", "epsilon", SURROGATE
    ),
    Mutant(
        "the dual clip is a lower bound",
        "torch.minimum(losses, -advantages * dual_clip)",
        "torch.maximum(losses, -advantages * dual_clip)",
        SURROGATE,
    ),
    Mutant(
        "the KL has the wrong sign",
        "d = _log_ratio(log_probs, ref_log_probs)",
        "d = _log_ratio(ref_log_probs, log_probs)",
        "test_policy_loss.py::test_estimates_are_those_of_the_formulas",
    ),
    Mutant(
        "the reference goes along with the policy",
        'batch.known["reference"] = self.over_tokens(self.reference, batch)[0]',
        'batch.known["reference"] = self.over_tokens(self.policy.spread, batch)[0]',
        KL,
    ),
    Mutant("entropy is made small", "losses - run.entropy_bonus", "losses + run.entropy_bonus", MUCH),
    Mutant(
        "estimates go through masked places",
        "carried = torch.where(here, delta + gamma * lam * carried, carried)",
        "carried = delta + gamma * lam * carried",
        "test_advantages.py::test_it_does_not_matter_where_the_holes_are_and_what_is_in_them",
    ),
    Mutant(
        "returns are whitened with the advantages",
        'known["returns"] = advantages[rows, places], returns[rows, places]',
        'known["returns"] = advantages[rows, places], (advantages + values)[rows, places]',
        PPO,
    ),
    Mutant(
        "values are not clipped",
        "error = torch.maximum(error, (held - returns).square())",
        "error = torch.maximum(error, error)",
        "test_policy_loss.py::test_value_losses_are_those_of_the_formula",
    ),
    Mutant("the critic has the policy's learning rate", 'group | {"times": times}', "group", PPO),
    Mutant(
        "the policy moves in the critic's warm-up",
        'return {"critic": self.critic} if step < self.run.critic_warmup_steps else both',
        "return both",
        "test_ppo.py::test_in_its_warm_up_the_critic_moves_and_the_policy_does_not",
    ),
    Mutant(
        "the constant follows the length of the stage",
        "longest = self.run.loss_length or max(self.run.lengths.values())",
        "longest = self.run.loss_length or batch.found.limit",
        STAGES,
    ),
    Mutant(
        "a stage begins a step early",
        "begun, limit = time.monotonic(), length_at(self.run.lengths, self.step)",
        "begun, limit = time.monotonic(), length_at(self.run.lengths, self.step + 1)",
        STAGES,
    ),
    Mutant(
        "the learning rate is one of steps",
        "self.schedule.lr(step * self.run.updates + number, 1)",
        "self.schedule.lr(step, 1)",
        RATES,
    ),
    Mutant(
        "the beginning stands there twice",
        "[body if first and body[: len(first)] == first else first + body for body in bodies[1:]]",
        "[first + body for body in bodies[1:]]",
        "test_prompts.py::test_the_first_token_stands_there_once_or_not_at_all",
    ),
    Mutant(
        "what ends a reply bears no loss",
        "            if not row.stopped:\n                going.append(i)",
        "            if not row.stopped:\n                going.append(i)\n"
        "            elif place := len(row.tokens) - 1:\n                del row.tokens[place:], row.log_probs[place:]",
        "test_rollout_hf.py::test_any_of_several_end_tokens_ends_a_reply_and_is_part_of_it",
    ),
    Mutant(
        "groups without a signal are not counted",
        "int(rollouts.lengths[rows][trained[rows]].sum()), int(trained[rows].sum())",
        "int(rollouts.lengths[rows][bearing[rows]].sum()), int(bearing[rows].sum())",
        COUNTED,
    ),
    Mutant("a mini-batch without a signal is a step of the optimizer", "if not mini.bearing:", "if False:", DEAD),
    Mutant(
        "the sampler keeps its first weights",
        "            together(functools.partial(engine.sync, weights, self.turn), self.run.out)",
        "            if engine.version is None:\n"
        "                together(functools.partial(engine.sync, weights, self.turn), self.run.out)\n"
        "            engine.version = self.turn",
        GRPO,
    ),
    Mutant(
        "each rank divides by all ranks' tokens", "(share * self.place.world).backward()", "share.backward()", WORLDS
    ),
    Mutant(
        "a reply that was cut off may earn the reward",
        "whole = np.flatnonzero(stopped).tolist()",
        "whole = list(range(len(texts)))",
        "test_rewards.py::test_a_reply_that_was_cut_off_earns_nothing_and_is_not_judged",
    ),
    Mutant(
        "truncated replies bear loss whatever is said",
        "            trained &= rollouts.stopped",
        "            trained &= True",
        MUCH,
    ),
    Mutant(
        "each step has the same seeds", "seed_of_reply(self.run.seed, turn, ", "seed_of_reply(self.run.seed, 0, ", SEEDS
    ),
    Mutant("a group has one seed", "self.prompts.ids[i], n) for", "self.prompts.ids[i], 0) for", SEEDS),
    Mutant("each step has the same prompts", "self.prompts.at(turn, count)", "self.prompts.at(0, count)", SEEDS),
    Mutant(
        "the importance is the sampler's over the trainer's",
        "return _ratio(old_log_probs, sampler_log_probs).clamp",
        "return _ratio(sampler_log_probs, old_log_probs).clamp",
        "test_policy_loss.py::test_weights_are_ratios_up_to_the_cap_and_bear_no_gradient",
    ),
    Mutant(
        "a step of another policy is trained on",
        "        if not self.mismatched_in_a_row:",
        "        if True:",
        "test_rl.py::test_a_step_on_which_sampler_and_trainer_do_not_agree_is_not_trained_on_and_the_third_in_a_row_ends_the_run",
    ),
    Mutant(
        "a run goes on after a rollback as it did before",
        "return self.step + self.rollbacks * (self.run.max_steps + 1)",
        "return self.step",
        "test_rl.py::test_a_rollback_goes_back_to_before_the_collapse_and_on_by_another_way",
    ),
    Mutant(
        "the length of a reply weighs nothing in the mean of means",
        "(per_token / lengths[rows]).sum() / sequences",
        "per_token.sum() / (sequences * lengths.double().mean())",
        GRPO,
    ),
    Mutant(
        "the prefix cache keeps what older weights said",
        "        if not self._llm.reset_prefix_cache():",
        "        if False:",
        "test_rollout_vllm.py::test_what_it_says_after_a_sync_is_of_the_new_weights",
    ),
]

MUTANTS = OF_THE_TOYS + MORE
