"""What rustc's `--print cfg` says for the platforms that have a standard library to download.

Invariant: a triple that is not in the table yields no options but the reason why they are open; no property is guessed
from the shape of a name.
"""

from __future__ import annotations

from closurelens.project.model import CfgOption, CfgSet

DEFAULT_TRIPLE = "x86_64-unknown-linux-gnu"

_SSE2 = "fxsr,sse,sse2"
_SSE3_CX16 = f"cmpxchg16b,{_SSE2},sse3"
_MAC_X86 = f"{_SSE3_CX16},sse4.1,ssse3"
_WASM = "bulk-memory,multivalue,mutable-globals,nontrapping-fptoint,reference-types,sign-ext"
_RV_GC = "a,c,m,zaamo,zalrsc,zca,zicsr,zifencei"
_RV_IMAC = "a,c,m,zaamo,zalrsc,zca"
_APPLE_OLD = "aes,neon,pmuv3,sha2"
_APPLE_A12 = "aes,crc,dpb,fcma,fp16,jsconv,lor,lse,neon,paca,pacg,pan,pmuv3,ras,rcpc,rdm,sha2,vh"
_APPLE_M1 = f"{_APPLE_A12},dit,dotprod,dpb2,fhm,flagm,frintts,rcpc2,sb,sha3,ssbs"

# triple: arch os env abi vendor families, pointer width and endianness, widest atomic, panic strategy; then the target
# features that are on by default ("-" stands for an empty value).
_PLATFORMS = {
    "aarch64-apple-darwin": ("aarch64 macos - - apple unix 64 little 128 unwind", _APPLE_M1),
    "aarch64-apple-ios": ("aarch64 ios - - apple unix 64 little 128 unwind", _APPLE_OLD),
    "aarch64-apple-ios-sim": ("aarch64 ios sim sim apple unix 64 little 128 unwind", _APPLE_A12),
    "aarch64-apple-tvos": ("aarch64 tvos - - apple unix 64 little 128 unwind", _APPLE_OLD),
    "aarch64-apple-visionos": ("aarch64 visionos - - apple unix 64 little 128 unwind", _APPLE_OLD),
    "aarch64-apple-watchos": ("aarch64 watchos - - apple unix 64 little 128 unwind", _APPLE_OLD),
    "aarch64-linux-android": ("aarch64 android - - unknown unix 64 little 128 unwind", "neon"),
    "aarch64-pc-windows-gnullvm": ("aarch64 windows gnu llvm pc windows 64 little 128 unwind", "neon"),
    "aarch64-pc-windows-msvc": ("aarch64 windows msvc - pc windows 64 little 128 unwind", "neon"),
    "aarch64-unknown-fuchsia": ("aarch64 fuchsia - - unknown unix 64 little 128 unwind", "aes,crc,neon,sha2"),
    "aarch64-unknown-linux-gnu": ("aarch64 linux gnu - unknown unix 64 little 128 unwind", "neon"),
    "aarch64-unknown-linux-musl": ("aarch64 linux musl - unknown unix 64 little 128 unwind", "crt-static,neon"),
    "aarch64-unknown-linux-ohos": ("aarch64 linux ohos - unknown unix 64 little 128 unwind", "neon"),
    "aarch64-unknown-none": ("aarch64 none - - unknown - 64 little 128 abort", "neon"),
    "aarch64-unknown-none-softfloat": ("aarch64 none - softfloat unknown - 64 little 128 abort", ""),
    "aarch64-unknown-uefi": ("aarch64 uefi - - unknown - 64 little 128 abort", "neon"),
    "arm-linux-androideabi": ("arm android - eabi unknown unix 32 little 32 unwind", ""),
    "arm-unknown-linux-gnueabi": ("arm linux gnu eabi unknown unix 32 little 64 unwind", ""),
    "arm-unknown-linux-gnueabihf": ("arm linux gnu eabihf unknown unix 32 little 64 unwind", ""),
    "arm-unknown-linux-musleabi": ("arm linux musl eabi unknown unix 32 little 64 unwind", "crt-static"),
    "arm-unknown-linux-musleabihf": ("arm linux musl eabihf unknown unix 32 little 64 unwind", "crt-static"),
    "armv5te-unknown-linux-gnueabi": ("arm linux gnu eabi unknown unix 32 little 32 unwind", ""),
    "armv7-linux-androideabi": ("arm android - eabi unknown unix 32 little 64 unwind", ""),
    "armv7-unknown-linux-gnueabi": ("arm linux gnu eabi unknown unix 32 little 64 unwind", ""),
    "armv7-unknown-linux-gnueabihf": ("arm linux gnu eabihf unknown unix 32 little 64 unwind", ""),
    "armv7-unknown-linux-musleabi": ("arm linux musl eabi unknown unix 32 little 64 unwind", "crt-static"),
    "armv7-unknown-linux-musleabihf": ("arm linux musl eabihf unknown unix 32 little 64 unwind", "crt-static"),
    "i586-unknown-linux-gnu": ("x86 linux gnu - unknown unix 32 little 64 unwind", ""),
    "i686-linux-android": ("x86 android - - unknown unix 32 little 64 unwind", f"{_SSE2},sse3,ssse3"),
    "i686-pc-windows-gnu": ("x86 windows gnu - pc windows 32 little 64 unwind", _SSE2),
    "i686-pc-windows-msvc": ("x86 windows msvc - pc windows 32 little 64 unwind", _SSE2),
    "i686-unknown-freebsd": ("x86 freebsd - - unknown unix 32 little 64 unwind", _SSE2),
    "i686-unknown-linux-gnu": ("x86 linux gnu - unknown unix 32 little 64 unwind", _SSE2),
    "i686-unknown-linux-musl": ("x86 linux musl - unknown unix 32 little 64 unwind", f"crt-static,{_SSE2}"),
    "loongarch64-unknown-linux-gnu": ("loongarch64 linux gnu - unknown unix 64 little 64 unwind", "d,f,lsx"),
    "loongarch64-unknown-linux-musl": ("loongarch64 linux musl - unknown unix 64 little 64 unwind", "d,f,lsx"),
    "nvptx64-nvidia-cuda": ("nvptx64 cuda - - nvidia - 64 little 64 abort", ""),
    "powerpc-unknown-linux-gnu": ("powerpc linux gnu - unknown unix 32 big 32 unwind", ""),
    "powerpc64-unknown-linux-gnu": ("powerpc64 linux gnu elfv1 unknown unix 64 big 64 unwind", ""),
    "powerpc64le-unknown-linux-gnu": ("powerpc64 linux gnu elfv2 unknown unix 64 little 64 unwind", ""),
    "powerpc64le-unknown-linux-musl": ("powerpc64 linux musl elfv2 unknown unix 64 little 64 unwind", "crt-static"),
    "riscv32i-unknown-none-elf": ("riscv32 none - - unknown - 32 little 0 abort", ""),
    "riscv32imac-unknown-none-elf": ("riscv32 none - - unknown - 32 little 32 abort", _RV_IMAC),
    "riscv32imc-unknown-none-elf": ("riscv32 none - - unknown - 32 little 0 abort", "c,m,zca"),
    "riscv32imc-esp-espidf": ("riscv32 espidf newlib - espressif unix 32 little 32 abort", "c,m,zca"),
    "riscv32imac-esp-espidf": ("riscv32 espidf newlib - espressif unix 32 little 32 abort", _RV_IMAC),
    "xtensa-esp32-espidf": ("xtensa espidf newlib - espressif unix 32 little 32 abort", ""),
    "xtensa-esp32s3-espidf": ("xtensa espidf newlib - espressif unix 32 little 32 abort", ""),
    "riscv64gc-unknown-linux-gnu": ("riscv64 linux gnu - unknown unix 64 little 64 unwind", _RV_GC),
    "riscv64gc-unknown-linux-musl": ("riscv64 linux musl - unknown unix 64 little 64 unwind", _RV_GC),
    "riscv64gc-unknown-none-elf": ("riscv64 none - - unknown - 64 little 64 abort", _RV_GC),
    "riscv64imac-unknown-none-elf": ("riscv64 none - - unknown - 64 little 64 abort", _RV_IMAC),
    "s390x-unknown-linux-gnu": ("s390x linux gnu - unknown unix 64 big 128 unwind", ""),
    "sparcv9-sun-solaris": ("sparc64 solaris - - sun unix 64 big 64 unwind", ""),
    "thumbv6m-none-eabi": ("arm none - eabi unknown - 32 little 0 abort", ""),
    "thumbv7em-none-eabi": ("arm none - eabi unknown - 32 little 32 abort", ""),
    "thumbv7em-none-eabihf": ("arm none - eabihf unknown - 32 little 32 abort", ""),
    "thumbv7m-none-eabi": ("arm none - eabi unknown - 32 little 32 abort", ""),
    "thumbv7neon-linux-androideabi": ("arm android - eabi unknown unix 32 little 64 unwind", ""),
    "thumbv8m.base-none-eabi": ("arm none - eabi unknown - 32 little 32 abort", ""),
    "thumbv8m.main-none-eabi": ("arm none - eabi unknown - 32 little 32 abort", ""),
    "thumbv8m.main-none-eabihf": ("arm none - eabihf unknown - 32 little 32 abort", ""),
    "wasm32-unknown-emscripten": ("wasm32 emscripten - - unknown unix,wasm 32 little 64 unwind", f"crt-static,{_WASM}"),
    "wasm32-unknown-unknown": ("wasm32 unknown - - unknown wasm 32 little 64 abort", _WASM),
    "wasm32-wasip1": ("wasm32 wasi p1 - unknown wasm 32 little 64 abort", f"crt-static,{_WASM}"),
    "wasm32-wasip1-threads": ("wasm32 wasi p1 - unknown wasm 32 little 64 abort", f"crt-static,{_WASM}"),
    "wasm32-wasip2": ("wasm32 wasi p2 - unknown wasm 32 little 64 abort", f"crt-static,{_WASM}"),
    "wasm32v1-none": ("wasm32 none - - unknown wasm 32 little 64 abort", "mutable-globals"),
    "wasm64-unknown-unknown": ("wasm64 unknown - - unknown wasm 64 little 64 abort", _WASM),
    "x86_64-apple-darwin": ("x86_64 macos - - apple unix 64 little 128 unwind", _MAC_X86),
    "x86_64-apple-ios": ("x86_64 ios sim sim apple unix 64 little 128 unwind", _MAC_X86),
    "x86_64-linux-android": (
        "x86_64 android - - unknown unix 64 little 64 unwind",
        f"{_SSE2},popcnt,sse3,sse4.1,sse4.2,ssse3",
    ),
    "x86_64-pc-windows-gnu": ("x86_64 windows gnu - pc windows 64 little 128 unwind", _SSE3_CX16),
    "x86_64-pc-windows-gnullvm": ("x86_64 windows gnu llvm pc windows 64 little 128 unwind", _SSE3_CX16),
    "x86_64-pc-windows-msvc": ("x86_64 windows msvc - pc windows 64 little 128 unwind", _SSE3_CX16),
    "x86_64-unknown-freebsd": ("x86_64 freebsd - - unknown unix 64 little 64 unwind", _SSE2),
    "x86_64-unknown-fuchsia": (
        "x86_64 fuchsia - - unknown unix 64 little 128 unwind",
        f"{_SSE2},cmpxchg16b,popcnt,sse3,sse4.1,sse4.2,ssse3",
    ),
    "x86_64-unknown-illumos": ("x86_64 illumos - - unknown unix 64 little 64 unwind", _SSE2),
    "x86_64-unknown-linux-gnu": ("x86_64 linux gnu - unknown unix 64 little 64 unwind", _SSE2),
    "x86_64-unknown-linux-gnux32": ("x86_64 linux gnu x32 unknown unix 32 little 64 unwind", _SSE2),
    "x86_64-unknown-linux-musl": ("x86_64 linux musl - unknown unix 64 little 64 unwind", f"crt-static,{_SSE2}"),
    "x86_64-unknown-linux-ohos": ("x86_64 linux ohos - unknown unix 64 little 64 unwind", _SSE2),
    "x86_64-unknown-netbsd": ("x86_64 netbsd - - unknown unix 64 little 64 unwind", _SSE2),
    "x86_64-unknown-none": ("x86_64 none - - unknown - 64 little 64 abort", "fxsr"),
    "x86_64-unknown-openbsd": ("x86_64 openbsd - - unknown unix 64 little 64 unwind", _SSE2),
    "x86_64-unknown-redox": ("x86_64 redox relibc - unknown unix 64 little 64 unwind", f"crt-static,{_SSE2}"),
    "x86_64-unknown-uefi": ("x86_64 uefi - - unknown - 64 little 64 abort", "fxsr"),
}
_ATOMIC_WIDTHS = (8, 16, 32, 64, 128)
TARGET_NAMES = (
    "panic",
    "target_abi",
    "target_arch",
    "target_endian",
    "target_env",
    "target_family",
    "target_feature",
    "target_has_atomic",
    "target_os",
    "target_pointer_width",
    "target_vendor",
    "unix",
    "windows",
)
"""The options that the platform decides."""


def platform_cfg(triple: str) -> CfgSet:
    """The options of a development build for `triple`, without features and without `test`."""
    options: set[CfgOption] = {("debug_assertions", None)}
    entry = _PLATFORMS.get(triple)
    if entry is None:
        reason = f"the platform `{triple}` is not known here"
        return CfgSet(frozenset(options), dict.fromkeys(TARGET_NAMES, reason))
    properties, features = entry
    arch, os, env, abi, vendor, families, width, endian, widest_atomic, panic = properties.split()
    options.update(
        (
            ("panic", panic),
            ("target_abi", "" if abi == "-" else abi),
            ("target_arch", arch),
            ("target_endian", endian),
            ("target_env", "" if env == "-" else env),
            ("target_os", os),
            ("target_pointer_width", width),
            ("target_vendor", vendor),
        )
    )
    if families != "-":
        for family in families.split(","):
            options.add(("target_family", family))
            if family in ("unix", "windows"):
                options.add((family, None))
    if widest_atomic != "0":
        options.add(("target_has_atomic", "ptr"))
        options.update(("target_has_atomic", str(w)) for w in _ATOMIC_WIDTHS if w <= int(widest_atomic))
    options.update(("target_feature", feature) for feature in features.split(",") if feature)
    return CfgSet(frozenset(options))


def is_known(triple: str) -> bool:
    return triple in _PLATFORMS
