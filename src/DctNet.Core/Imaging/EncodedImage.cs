namespace DctNet.Core.Imaging;

/// <summary>An encoded file. The bytes are an ordinary array of exactly the file's length; nothing has to be returned.</summary>
public sealed record EncodedImage(ImageFormat Format, byte[] Bytes);
