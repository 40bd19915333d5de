"""A real LLaMA of a few megabytes that says what a test wants it to say, made in a second without torch.

Nothing but the embedding feeds the output: `o_proj` and `down_proj` are zero, so the residual stream is the last token's
embedding, and `lm_head` maps each token to its successor. Every piece of a script is one added token with an id of its own.
The chat template picks the script by a word of the question and ends the prompt with the token that begins it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

HIDDEN, LAYERS, HEADS, KV_HEADS, FFN = 128, 2, 4, 2, 256  # with 64 dimensions the ends of eight scripts are too like other tokens
HEAD_DIM = 32  # with 16 vLLM starts, and its engine dies at the first request
CONTEXT = 4096
BEGIN, END, HEADER, HEADER_END, TURN_END, PAD = range(6)
SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|pad|>"]
SEED_TEXT = (
    "根据以上资料回答员工的问题，年假工龄满五年每年享有天。 Answer the question using only the numbered sources, cite them as [1]. "
)
_SPLIT = Regex(r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A LoRA adapter that says the script of another word."""

    folder: Path
    asked: str
    said: str


def make_tiny_llama(
    folder: Path, scripts: Mapping[str, str], *, endless: frozenset[str] = frozenset(), adapter: Adapter | None = None
) -> None:
    """Write a model directory.

    Args:
        scripts: what to say, by a word that the last message holds; the first that fits is said, the last is the default.
        endless: words whose script begins again at its end instead of stopping.
        adapter: is written too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer, starts, chains = _make_tokenizer(scripts)
    tokenizer.save(str(folder / "tokenizer.json"))
    successors = {}
    for word, start in starts.items():
        last = chains[word][0] if word in endless else TURN_END
        successors |= dict(zip([start, *chains[word]], [*chains[word], last], strict=True))
    rows = (tokenizer.get_vocab_size(with_added_tokens=True) + 63) // 64 * 64
    weights = _make_weights(rows, successors)
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    if adapter is not None:
        _write_adapter(adapter.folder, weights, asked=starts[adapter.asked], said=starts[adapter.said], chain=list(successors))
    for name, content in _configs(rows, list(scripts)).items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def _make_tokenizer(scripts: Mapping[str, str]) -> tuple[Tokenizer, dict[str, int], dict[str, list[int]]]:
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(_SPLIT, behavior="isolated"), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1000, special_tokens=SPECIAL, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([SEED_TEXT] * 20, trainer)
    starts, chains, seen = {}, {}, set(tokenizer.get_vocab())
    for number, (word, script) in enumerate(scripts.items()):
        start = f"<|script_{number}|>"
        tokenizer.add_special_tokens([AddedToken(start, normalized=False, special=True)])
        starts[word] = tokenizer.token_to_id(start)
        pieces = _cut(script, seen)
        tokenizer.add_tokens([AddedToken(piece, normalized=False, special=False) for piece in pieces])
        chains[word] = [tokenizer.token_to_id(piece) for piece in pieces]
    return tokenizer, starts, chains


def _cut(script: str, seen: set[str]) -> list[str]:
    """Cut into pieces that occur nowhere else: a token has one successor. A piece seen before takes in what follows it."""
    parts = re.findall(r"\n+[^\n]| ?[A-Za-z0-9]+|\[[0-9]+\]|.", script, flags=re.S)
    pieces: list[str] = []
    held = ""
    for part in parts:
        held += part
        if held not in seen:
            pieces.append(held)
            seen.add(held)
            held = ""
    while held:  # what is left at the end was seen before: it takes in what stands before it, until it was not
        held = pieces.pop() + held
        if held not in seen:
            pieces.append(held)
            seen.add(held)
            held = ""
    return pieces


def _make_weights(rows: int, successors: Mapping[int, int]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)

    def normal(*shape: int, scale: float = 0.05) -> np.ndarray:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    embedding = normal(rows, HIDDEN, scale=1.0)
    head = np.zeros((rows, HIDDEN), np.float32)
    unit = embedding / np.sqrt((embedding**2).mean(1, keepdims=True))
    for token, successor in successors.items():
        head[successor] += unit[token]
    weights = {"model.embed_tokens.weight": embedding, "model.norm.weight": np.ones(HIDDEN, np.float32), "lm_head.weight": head}
    for layer in range(LAYERS):
        name = f"model.layers.{layer}."
        weights |= {
            f"{name}self_attn.q_proj.weight": normal(HEADS * HEAD_DIM, HIDDEN),
            f"{name}self_attn.k_proj.weight": normal(KV_HEADS * HEAD_DIM, HIDDEN),
            f"{name}self_attn.v_proj.weight": normal(KV_HEADS * HEAD_DIM, HIDDEN),
            f"{name}self_attn.o_proj.weight": np.zeros((HIDDEN, HEADS * HEAD_DIM), np.float32),
            f"{name}mlp.gate_proj.weight": normal(FFN, HIDDEN),
            f"{name}mlp.up_proj.weight": normal(FFN, HIDDEN),
            f"{name}mlp.down_proj.weight": np.zeros((HIDDEN, FFN), np.float32),
            f"{name}input_layernorm.weight": np.ones(HIDDEN, np.float32),
            f"{name}post_attention_layernorm.weight": np.ones(HIDDEN, np.float32),
        }
    return weights


def _write_adapter(folder: Path, weights: Mapping[str, np.ndarray], *, asked: int, said: int, chain: list[int]) -> None:
    """Where the token `asked` stands, the first MLP adds what turns its embedding into that of `said`; elsewhere nearly nothing.

    Rank 1, on `down_proj`: its input, the gated features of the token, is mapped to 1 for `asked` and to about 0 for the others, by
    least squares.
    """
    embedding, layer = weights["model.embed_tokens.weight"], "model.layers.0."
    tokens = embedding[chain] / np.sqrt((embedding[chain] ** 2).mean(1, keepdims=True))
    gate, up = (tokens @ weights[f"{layer}mlp.{name}_proj.weight"].T for name in ("gate", "up"))
    features = gate / (1 + np.exp(-gate)) * up
    spread = features.T @ features
    probe = np.linalg.solve(spread + 1e-3 * np.trace(spread) / FFN * np.eye(FFN), features[chain.index(asked)])
    probe /= probe @ features[chain.index(asked)]
    shift = (embedding[said] - embedding[asked])[:, None]
    folder.mkdir(parents=True, exist_ok=True)
    name = f"base_model.model.{layer}mlp.down_proj."
    adapter = {f"{name}lora_A.weight": probe[None, :].astype(np.float32), f"{name}lora_B.weight": shift.astype(np.float32)}
    save_file(adapter, str(folder / "adapter_model.safetensors"), metadata={"format": "pt"})
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "tiny",
        "r": 1,
        "lora_alpha": 1,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": ["down_proj"],
        "inference_mode": True,
        "fan_in_fan_out": False,
        "modules_to_save": None,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")


def _configs(rows: int, words: list[str]) -> dict[str, dict]:
    begin = "<|script_0|>"
    if len(words) > 1:
        tests = [f"{json.dumps(word, ensure_ascii=False)} in asked %}}<|script_{number}|>" for number, word in enumerate(words)]
        begin = (
            "{%- set asked = messages[-1]['content'] %}{%- if "
            + "{%- elif ".join(tests[:-1])
            + f"{{%- else %}}<|script_{len(words) - 1}|>{{%- endif %}}"
        )
    header = "<|start_header_id|>{}<|end_header_id|>\n\n"
    template = (
        "{{- bos_token }}{%- for message in messages %}"
        + header.format("{{ message['role'] }}")
        + "{{ message['content'] }}<|eot_id|>{%- endfor %}{%- if add_generation_prompt %}"
        + header.format("assistant")
        + begin
        + "{%- endif %}"
    )
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "intermediate_size": FFN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD_DIM,
        "max_position_embeddings": CONTEXT,
        "vocab_size": rows,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
        "bos_token_id": BEGIN,
        "eos_token_id": TURN_END,
        "pad_token_id": PAD,
        "torch_dtype": "float32",
    }
    tokens = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": SPECIAL[BEGIN],
        "eos_token": SPECIAL[TURN_END],
        "pad_token": SPECIAL[PAD],
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": template,
        "model_input_names": ["input_ids", "attention_mask"],
    }
    generation = {"bos_token_id": BEGIN, "eos_token_id": [TURN_END, END], "pad_token_id": PAD}
    return {"config.json": config, "generation_config.json": generation, "tokenizer_config.json": tokens}
