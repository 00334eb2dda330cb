namespace DctNet.ModelTools;

/// <summary>The order of a convolution kernel's dimensions.</summary>
internal enum KernelLayout
{
    /// <summary>Height, width, input, output: TensorFlow.</summary>
    Hwio,

    /// <summary>Output, height, width, input: TensorFlow Lite.</summary>
    Ohwi,

    /// <summary>Height, width, channel, multiplier: TensorFlow, one filter a channel.</summary>
    HwcDepthwise,

    /// <summary>One, height, width, channel: TensorFlow Lite, one filter a channel.</summary>
    ChwDepthwise,
}
