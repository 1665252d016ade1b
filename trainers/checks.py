"""What `curate` asks about the parameters of a trainer of ours before it builds anything. No torch here."""

from trainers import rl_settings, settings

CHECKS = {
    "trainers.midtrain": settings.checked,
    "trainers.grpo": rl_settings.checked_grpo,
    "trainers.ppo": rl_settings.checked_ppo,
}
"""A trainer's module -> its check of an object of settings."""
ON_PROMPTS = ("trainers.grpo", "trainers.ppo")
"""Those that read prompts in place of a mixture."""
