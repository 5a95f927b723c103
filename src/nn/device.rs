//! Where tensors live and networks run: one function decides.

use std::{fmt, str::FromStr};

use candle_core::Device;

use super::kernels::Isa;
use crate::{Error, Result};

/// The device a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best one this build can use on this machine: CUDA, else Metal, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The NVIDIA device with this number, from 0.
    Cuda(usize),
    /// Apple's Metal.
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::Usage(format!(
                "`{text}` is no device: say auto, cpu, cuda, cuda:N (N counts from 0) or metal"
            ))
        };
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(wrong)?;
                // `parse` would also take a sign.
                if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(wrong());
                }
                number.parse().map(Self::Cuda).map_err(|_| wrong())
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

/// Open the device that `choice` names.
///
/// `Auto` never fails: what this build or this machine lacks is passed over.
///
/// # Errors
/// [`Error::Usage`] when a device is asked for that this build was made
/// without or that this machine does not have; it says what to do.
pub fn device(choice: DeviceChoice) -> Result<Device> {
    match choice {
        DeviceChoice::Auto => Ok(cuda(0).or_else(|_| metal()).unwrap_or(Device::Cpu)),
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Cuda(number) => cuda(number).map_err(|reason| {
            Error::Usage(format!(
                "device cuda:{number} cannot be used: {reason}; or use --device cpu"
            ))
        }),
        DeviceChoice::Metal => metal().map_err(|reason| {
            Error::Usage(format!("device metal cannot be used: {reason}; or use --device cpu"))
        }),
    }
}

/// What a report calls `device`, such as `CPU (2 threads)` or `CUDA device 0`.
pub fn describe(device: &Device) -> String {
    use candle_core::DeviceLocation::{Cpu, Cuda, Metal};
    match device.location() {
        Cpu => {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let s = if threads == 1 { "" } else { "s" };
            format!("CPU ({threads} thread{s}, {} kernels)", Isa::detect().name())
        }
        Cuda { gpu_id } => format!("CUDA device {gpu_id}"),
        Metal { gpu_id } => format!("Metal device {gpu_id}"),
    }
}

fn cuda(number: usize) -> Result<Device, String> {
    if !cfg!(feature = "cuda") {
        return Err("this build has no CUDA; build with `--features cuda`".into());
    }
    if !cuda_driver_present() {
        return Err(
            "NVIDIA's driver library (libcuda) is not on this machine; install the driver \
                    and see that `nvidia-smi` lists the device"
                .into(),
        );
    }
    // cuBLAS and cuRAND are loaded or initialised on the way, and their
    // wrapper panics, rather than fails, when one of them is missing.
    match std::panic::catch_unwind(|| Device::new_cuda(number)) {
        Ok(Ok(device)) => Ok(device),
        Ok(Err(error)) => Err(format!("{error}; see whether `nvidia-smi` lists device {number}")),
        Err(_) => Err("a CUDA library could not be loaded; install cuBLAS and cuRAND of the CUDA \
                       version this build was made for"
            .into()),
    }
}

fn metal() -> Result<Device, String> {
    if !cfg!(feature = "metal") {
        return Err("this build has no Metal; build with `--features metal` on macOS".into());
    }
    Device::new_metal(0).map_err(|error| error.to_string())
}

/// Whether the driver's library loads: candle's `Device::new_cuda` panics without it.
#[allow(unsafe_code, reason = "asks the system for the CUDA driver")]
#[cfg(all(unix, feature = "cuda"))]
fn cuda_driver_present() -> bool {
    [c"libcuda.so.1", c"libcuda.so"].iter().any(|name| {
        // SAFETY: the name is a valid C string; the library stays loaded, so
        // nothing can dangle.
        !unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_LAZY) }.is_null()
    })
}

/// Elsewhere the panic guard in [`cuda`] has to do.
#[cfg(not(all(unix, feature = "cuda")))]
fn cuda_driver_present() -> bool {
    true
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(0)),
            ("cuda:13", DeviceChoice::Cuda(13)),
            ("metal", DeviceChoice::Metal),
        ] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap(), choice);
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!("cuda".parse::<DeviceChoice>().unwrap(), DeviceChoice::Cuda(0));
    }

    #[test]
    fn other_names_are_refused_with_the_choices() {
        for text in ["", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:+1", "cuda:x", "metal:0"] {
            let error = text.parse::<DeviceChoice>().unwrap_err().to_string();
            assert!(error.contains("cuda:N"), "{text}: {error}");
        }
        // More than any machine has, and more than a number can hold.
        assert!("cuda:99999999999999999999999".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn the_processor_is_always_there() {
        assert!(device(DeviceChoice::Cpu).unwrap().is_cpu());
        assert!(describe(&Device::Cpu).starts_with("CPU ("));
        assert!(device(DeviceChoice::Auto).is_ok());
    }

    #[test]
    fn a_missing_device_is_an_error_that_says_what_to_do() {
        // Device 4000 exists nowhere, so this holds in every build.
        let error = device(DeviceChoice::Cuda(4000)).unwrap_err().to_string();
        assert!(error.contains("--device cpu"), "{error}");
        #[cfg(not(feature = "cuda"))]
        assert!(error.contains("--features cuda"), "{error}");
        #[cfg(not(feature = "metal"))]
        assert!(device(DeviceChoice::Metal).unwrap_err().to_string().contains("--features metal"));
    }
}
