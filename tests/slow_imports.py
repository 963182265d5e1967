"""What a test's process takes long to import; a server of processes imports it once."""

from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2LMHeadModel, PreTrainedTokenizerFast

from skbalagen.generators import causal_lm

__all__ = [
    "AutoModelForCausalLM",
    "AutoTokenizer",
    "GPT2LMHeadModel",
    "PreTrainedTokenizerFast",
    "causal_lm",
]
