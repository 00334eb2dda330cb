namespace DctNet.Cli.Output;

/// <summary>A line of <c>dctnet watermark embed</c>.</summary>
/// <param name="File">The path as it was given.</param>
/// <param name="Out">The marked picture.</param>
/// <param name="Id">16 lower-case hexadecimal digits.</param>
/// <param name="Psnr">dB, RGB, peak 255, before encoding.</param>
/// <param name="Ssim">Luma, before encoding.</param>
/// <param name="ParentId">The id the picture carried before; null where it carried none.</param>
internal sealed record EmbedLine(string File, string Out, string Id, double Psnr, double Ssim, string? ParentId);
