namespace Podwire.Kube.Objects;

/// <summary>How a <see cref="Quantity"/> is written.</summary>
public enum QuantityFormat
{
    /// <summary>Powers of 1000: n u m k M G T P E.</summary>
    DecimalSI,

    /// <summary>Powers of 1024: Ki Mi Gi Ti Pi Ei.</summary>
    BinarySI,

    /// <summary>A power of ten: 12e6.</summary>
    DecimalExponent,
}
