namespace DctNet.Core.Models;

/// <summary>The order of a network's colour channels, in and out.</summary>
public enum ChannelOrder
{
    Rgb,

    Bgr,
}
