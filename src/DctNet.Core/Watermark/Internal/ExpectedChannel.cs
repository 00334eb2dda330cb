namespace DctNet.Core.Watermark;

/// <summary>What a pilot search takes the picture to have been through; pilots count by what that leaves of them.</summary>
internal enum ExpectedChannel
{
    /// <summary>All frequencies came through alike.</summary>
    Even,

    /// <summary>Blurred: only the lowest frequencies came through.</summary>
    Low,

    /// <summary>
    /// Averaged over squares, half a wave of the highest carrier wide or wider: signs are turned where one frequency is high and the other
    /// low. In any other search such pilots cancel.
    /// </summary>
    Chequered,
}
