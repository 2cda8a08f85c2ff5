"""Pipelines of the real classes with a few thousand random weights, made here and saved to disk. They show noise.

For tests and benches of what surrounds the models: everything but looks behaves as with real weights. Needs the `gpu`
extra, no network and no GPU; the Qwen ones need torchvision as well.
"""

import importlib
from pathlib import Path
from typing import Any

BOTTLENECK = {
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": (4, 4, 4, 4),
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 2,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}
"""Four levels, so that one token stands for as many pixels as in the real models."""
CHAT = (
    "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n'}}{% if m['content'] is string %}{{m['content']}}"
    "{% else %}{% for c in m['content'] %}{% if c['type']=='image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{c['text']}}{% endif %}{% endfor %}{% endif %}{{'<|im_end|>\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{'<|im_start|>assistant\n'}}{% endif %}"
)
FLUX2_SHAPE: dict[str, Any] = {
    "num_layers": 1,
    "num_single_layers": 1,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "axes_dims_rope": [4, 4, 4, 4],
}


def save(pipeline: str, folder: Path, *, seed: int = 0, **shape: Any) -> Path:
    """Make a tiny pipeline and save it; returns the folder.

    Args:
        pipeline: its class, e.g. Flux2KleinPipeline.
        seed: other seeds give other weights.
        shape: of a FLUX.2 transformer, where it is to differ.
    """
    _load("torch").manual_seed(seed)
    makers = {
        "FluxKontextPipeline": _kontext,
        "Flux2Pipeline": _flux2_dev,
        "QwenImageEditPlusPipeline": _qwen_edit,
        "QwenImage21Pipeline": _qwen_21,
    }
    made = makers[pipeline]() if pipeline in makers else _klein(pipeline, shape)
    made.save_pretrained(folder, safe_serialization=True)
    return folder


def _library() -> Any:
    import diffusers  # pyright: ignore[reportMissingImports]

    return diffusers


def _load(name: str) -> Any:
    return importlib.import_module(name)


def _scheduler() -> Any:
    return _library().FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)


def _letters() -> list[str]:
    return sorted(_load("tokenizers").pre_tokenizers.ByteLevel.alphabet())


def _kontext() -> Any:
    t = _load("transformers")
    d = _library()
    letters = _letters()
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    clip = t.CLIPTokenizer(vocab={word: place for place, word in enumerate(words)}, merges=[], model_max_length=77)
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(letter, -3.0) for letter in "abcdefghijklmnopqrstuvwxyz0123456789.,!?-"]
    t5 = t.T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)
    clip_shape = t.CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=37,
        projection_dim=32,
        num_attention_heads=4,
        num_hidden_layers=2,
        bos_token_id=clip.bos_token_id,
        eos_token_id=clip.eos_token_id,
        pad_token_id=clip.pad_token_id,
    )
    t5_shape = t.T5Config(
        vocab_size=len(pieces), d_model=32, d_ff=37, d_kv=8, num_heads=4, num_layers=2, feed_forward_proj="gated-gelu"
    )
    transformer = d.FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
        guidance_embeds=True,
    )
    return d.FluxKontextPipeline(
        scheduler=_scheduler(),
        tokenizer=clip,
        tokenizer_2=t5,
        text_encoder=t.CLIPTextModel(clip_shape),
        text_encoder_2=t.T5EncoderModel(t5_shape),
        transformer=transformer,
        vae=d.AutoencoderKL(sample_size=32, shift_factor=0.0609, scaling_factor=1.5035, **BOTTLENECK),
    )


def _flux2_transformer(joint: int, shape: dict[str, Any], **more: Any) -> Any:
    return _library().Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        joint_attention_dim=joint,
        timestep_guidance_channels=256,
        **{**FLUX2_SHAPE, **shape},
        **more,
    )


def _flux2_dev() -> Any:
    t, k = _load("transformers"), _load("tokenizers")
    d = _library()
    special = ["<unk>", "<s>", "</s>", "<pad>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[IMG]"]
    words = {word: place for place, word in enumerate([*special, *_letters()])}
    inner = k.Tokenizer(k.models.BPE(vocab=words, merges=[], unk_token="<unk>"))
    inner.pre_tokenizer = k.pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = k.decoders.ByteLevel()
    tokenizer = t.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=special[4:],
        model_max_length=4096,
        padding_side="left",
    )
    tokenizer.chat_template = (
        "{{bos_token}}{% for m in messages %}{% for c in m['content'] %}"
        "{% if c['type']=='image' %}[IMG]{% else %}{{c['text']}}{% endif %}{% endfor %}{% endfor %}"
    )
    text = {
        "model_type": "mistral",
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "intermediate_size": 32,
        "max_position_embeddings": 4096,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "num_hidden_layers": 30,  # the pipeline reads layer 30
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 3,
    }
    vision = {
        "model_type": "pixtral",
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "image_size": 56,
        "patch_size": 14,
        "num_channels": 3,
    }
    shape = t.Mistral3Config(
        text_config=text, vision_config=vision, image_token_index=8, vision_feature_layer=-1, spatial_merge_size=1
    )
    return d.Flux2Pipeline(
        scheduler=_scheduler(),
        vae=d.AutoencoderKLFlux2(sample_size=32, **BOTTLENECK),
        tokenizer=tokenizer,
        text_encoder=t.Mistral3ForConditionalGeneration(shape),
        transformer=_flux2_transformer(48, {}),
    )


def _klein(pipeline: str, shape: dict[str, Any]) -> Any:
    t = _load("transformers")
    d = _library()
    tokenizer = _qwen_tokenizer()
    text = t.Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=27,  # the pipeline reads layer 27
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=1024,
    )
    return getattr(d, pipeline)(
        scheduler=_scheduler(),
        vae=d.AutoencoderKLFlux2(sample_size=32, **BOTTLENECK),
        text_encoder=t.Qwen3ForCausalLM(text),
        tokenizer=tokenizer,
        transformer=_flux2_transformer(48, shape, guidance_embeds=False),
        is_distilled=True,
    )


def _qwen_tokenizer() -> Any:
    t = _load("transformers")

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"]
    special += ["<|image_pad|>", "<|video_pad|>"]
    tokenizer = t.Qwen2Tokenizer(
        vocab={word: place for place, word in enumerate([*_letters(), *special])},
        merges=[],
        model_max_length=4096,
        additional_special_tokens=special[1:],
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
    )
    tokenizer.chat_template = CHAT
    return tokenizer


def _vision_ids(tokenizer: Any) -> dict[str, int]:
    names = ("image_pad", "video_pad", "vision_start", "vision_end")
    keys = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    return {key: tokenizer.convert_tokens_to_ids(f"<|{name}|>") for key, name in zip(keys, names, strict=True)}


def _qwen_text(tokenizer: Any, side: int, rope: dict[str, Any]) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": side,
        "intermediate_size": side,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "rope_scaling": {"rope_type": "default", **rope},
    }


def _qwen_vision(side: int, patch: int, **more: Any) -> dict[str, Any]:
    common = {"depth": 2, "hidden_size": side, "intermediate_size": side, "num_heads": 2, "out_hidden_size": side}
    return {**common, "patch_size": patch, "spatial_merge_size": 2, "temporal_patch_size": 2, **more}


def _qwen_edit() -> Any:
    t = _load("transformers")
    d = _library()
    tokenizer = _qwen_tokenizer()
    processor = t.Qwen2VLProcessor(
        image_processor=t.Qwen2VLImageProcessor(
            patch_size=14, merge_size=2, temporal_patch_size=2, min_pixels=56 * 56, max_pixels=28 * 28 * 1280
        ),
        tokenizer=tokenizer,
        video_processor=t.Qwen2VLVideoProcessor(),
        chat_template=CHAT,
    )
    rope = {"mrope_section": [1, 1, 2], "type": "default"}
    shape = t.Qwen2_5_VLConfig(
        text_config={**_qwen_text(tokenizer, 16, rope), "rope_theta": 1e6},
        vision_config=_qwen_vision(16, 14, window_size=112, fullatt_block_indexes=[1]),
        **_vision_ids(tokenizer),
    )
    channels = 4
    return d.QwenImageEditPlusPipeline(
        scheduler=_scheduler(),
        text_encoder=t.Qwen2_5_VLForConditionalGeneration(shape),
        tokenizer=tokenizer,
        processor=processor,
        vae=d.AutoencoderKLQwenImage(
            base_dim=8,
            z_dim=channels,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
            latents_mean=[0.0] * channels,
            latents_std=[1.0] * channels,
        ),
        transformer=d.QwenImageTransformer2DModel(
            patch_size=2,
            in_channels=16,
            out_channels=4,
            num_layers=2,
            attention_head_dim=16,
            num_attention_heads=3,
            joint_attention_dim=16,
            guidance_embeds=False,
            axes_dims_rope=(8, 4, 4),
        ),
    )


def _qwen_21() -> Any:
    t = _load("transformers")
    d = _library()
    tokenizer = _qwen_tokenizer()
    processor = t.Qwen3VLProcessor(
        image_processor=t.Qwen2VLImageProcessor(
            patch_size=16, merge_size=2, temporal_patch_size=2, min_pixels=64 * 64, max_pixels=1024 * 1024
        ),
        tokenizer=tokenizer,
        video_processor=t.Qwen3VLVideoProcessor(),
        chat_template=CHAT,
    )
    rope = {"mrope_section": [4, 2, 2], "mrope_interleaved": True}
    shape = t.Qwen3VLConfig(
        text_config={**_qwen_text(tokenizer, 32, rope), "head_dim": 16, "rope_theta": 5e6},
        vision_config=_qwen_vision(32, 16, num_position_embeddings=16, deepstack_visual_indexes=[0, 1]),
        **_vision_ids(tokenizer),
    )
    channels = 8
    return d.QwenImage21Pipeline(
        scheduler=_scheduler(),
        text_encoder=t.Qwen3VLForConditionalGeneration(shape),
        processor=processor,
        vae=d.AutoencoderKLQwenImage21(
            base_dim=8,
            decoder_base_dim=8,
            z_dim=channels,
            dim_mult=[1] * 5,
            num_res_blocks=1,
            temperal_downsample=[False, True, True, True],
            latents_mean=[0.0] * channels,
            latents_std=[1.0] * channels,
        ),
        transformer=d.QwenImage21Transformer2DModel(
            in_channels=channels,
            out_channels=channels,
            num_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            context_in_dim=32,
            axes_dims_rope=(4, 6, 6),
        ),
    )
