namespace DctNet.Core.Imaging;

/// <summary>
/// The formats that are read. JPEG, PNG, WebP and AVIF are also written (<see cref="ImageFormats.CanWrite"/>).
/// </summary>
public enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Avif,
    Gif,
    Tiff,
}
